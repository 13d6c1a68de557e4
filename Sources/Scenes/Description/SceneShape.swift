/// The form of an object.
package enum SceneShape: String, CaseIterable, Hashable, Sendable {
    case sphere
    case cube
    case block
    case cylinder
    case cone
    case torus
    case capsule
    case egg
    case pyramid
    case mug
    case bottle
    case mushroom
    case rabbit
    case duck
    case bear

    /// The word in captions.
    package var word: String { rawValue }

    /// Whether it can lie on its side, with its own z axis level.
    package var canLie: Bool {
        switch self {
        case .cylinder, .torus, .capsule, .egg, .bottle: true
        default: false
        }
    }

    /// The radius on which it rolls: a sphere always, others when they lie.
    package func rollingRadius(isLying: Bool) -> Float? {
        switch self {
        case .sphere: ShapeSizes.sphere
        case .cylinder: isLying ? ShapeSizes.cylinder.x : nil
        case .capsule: isLying ? ShapeSizes.capsule.x : nil
        case .torus: isLying ? ShapeSizes.torus.x + ShapeSizes.torus.y : nil
        default: nil
        }
    }

    /// How far below its own origin it touches the ground, for size 1.
    package func restingHeight(isLying: Bool) -> Float {
        switch self {
        case .sphere: ShapeSizes.sphere
        case .cube: ShapeSizes.cube
        case .block: ShapeSizes.block.z
        case .cylinder: isLying ? ShapeSizes.cylinder.x : ShapeSizes.cylinder.y
        case .cone: ShapeSizes.cone.y
        case .torus: isLying ? ShapeSizes.torus.x + ShapeSizes.torus.y : ShapeSizes.torus.y
        case .capsule: ShapeSizes.capsule.x + (isLying ? 0 : ShapeSizes.capsule.y)
        case .egg: isLying ? ShapeSizes.egg.x : ShapeSizes.egg.z
        case .pyramid: ShapeSizes.pyramid.y
        case .mug: ShapeSizes.mug.y
        case .bottle: isLying ? ShapeSizes.bottle.x : ShapeSizes.bottle.y
        case .mushroom: 0.8
        case .rabbit: 0.75
        case .duck: 0.68
        case .bear: 0.78
        }
    }
}

/// Dimensions of the shapes for size 1, at which none reaches farther than 1 from its origin.
package enum ShapeSizes {
    /// Radius.
    package static let sphere: Float = 0.8
    /// Half of the side.
    package static let cube: Float = 0.56
    /// Halves of the sides.
    package static let block = Vector(0.78, 0.46, 0.36)
    /// Radius and half of the height.
    package static let cylinder = SIMD2<Float>(0.56, 0.66)
    /// Radius of the base and half of the height.
    package static let cone = SIMD2<Float>(0.7, 0.7)
    /// Radius of the ring and of its tube.
    package static let torus = SIMD2<Float>(0.66, 0.27)
    /// Radius, and half of the distance between the centres of the caps.
    package static let capsule = SIMD2<Float>(0.42, 0.5)
    /// Half axes.
    package static let egg = Vector(0.62, 0.62, 0.84)
    /// Half of the base's side and half of the height.
    package static let pyramid = SIMD2<Float>(0.62, 0.45)
    /// Radius and half of the height.
    package static let mug = SIMD2<Float>(0.52, 0.58)
    /// Radius and half of the height.
    package static let bottle = SIMD2<Float>(0.44, 0.86)
}
