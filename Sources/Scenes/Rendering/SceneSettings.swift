/// How a scene is rendered.
package struct SceneSettings: Hashable, Sendable {
    /// What pictures show.
    package enum Look: Hashable, Sendable {
        /// Light, shadow, shine, and a cheap camera.
        case photograph
        /// The colours of surfaces alone, so that a point keeps its colour from frame to frame.
        case albedo
    }

    /// In pixels, 8 to 4096.
    package let width: Int
    package let height: Int
    package let framesPerSecond: Double
    package let look: Look
    /// Whether the photograph has a sensor's noise.
    package let hasNoise: Bool
    /// Whether pixels at edges get more rays; without, each shows the colour at its centre.
    package let isSmooth: Bool
    /// Size of the finest texture in pixels; larger is blurrier, 1 is as fine as pixels hold.
    package let softness: Float

    package static let sides = 8...4096

    package init(
        width: Int = 128,
        height: Int = 128,
        framesPerSecond: Double = 24,
        look: Look = .photograph,
        hasNoise: Bool = true,
        isSmooth: Bool = true,
        softness: Float = 1
    ) {
        precondition(
            Self.sides.contains(width) && Self.sides.contains(height),
            "a picture of \(width)x\(height)"
        )
        precondition(framesPerSecond > 0, "\(framesPerSecond) frames a second")
        precondition(softness > 0, "texture of \(softness) pixels")
        self.width = width
        self.height = height
        self.framesPerSecond = framesPerSecond
        self.look = look
        self.hasNoise = hasNoise
        self.isSmooth = isSmooth
        self.softness = softness
    }
}

/// What is made of a frame besides depth and masks, which every frame has.
package struct SceneParts: OptionSet, Hashable, Sendable {
    package let rawValue: Int

    package init(rawValue: Int) {
        self.rawValue = rawValue
    }

    package static let picture = SceneParts(rawValue: 1)
    package static let flow = SceneParts(rawValue: 2)
    package static let all: SceneParts = [.picture, .flow]
}
