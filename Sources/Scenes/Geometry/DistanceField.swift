/// The shapes as functions of a point that are negative inside, 0 on the surface, and outside no
/// more than the distance to it.
///
/// One way of meeting rays serves all shapes, soft shadows and occlusion included; the point where
/// a ray meets the surface is a root that Newton's method finds to the last bits, so nothing is
/// lost against formulas for each shape.
package enum DistanceField {
    /// For size 1, in the shape's own coordinates.
    @inline(__always)
    package static func distance(_ shape: SceneShape, _ p: Vector) -> Float {
        switch shape {
        case .sphere: length(p) - ShapeSizes.sphere
        case .cube: box(p, Vector(repeating: ShapeSizes.cube), rounding: 0.03)
        case .block: box(p, ShapeSizes.block, rounding: 0.12)
        case .cylinder: cylinder(p)
        case .cone: cone(p)
        case .torus: torus(p, ShapeSizes.torus)
        case .capsule: upright(p, ShapeSizes.capsule.y) - ShapeSizes.capsule.x
        case .egg: egg(p)
        case .pyramid: pyramid(p)
        case .mug: mug(p)
        case .bottle: bottle(p)
        case .mushroom: mushroom(p)
        case .rabbit: rabbit(p)
        case .duck: duck(p)
        case .bear: bear(p)
        }
    }

    /// The outward unit normal at a point near the surface.
    @inline(__always)
    package static func normal(_ shape: SceneShape, _ p: Vector) -> Vector {
        if case .sphere = shape { return normalized(p) }
        let h: Float = 0.002
        let a = Vector(1, -1, -1)
        let b = Vector(-1, -1, 1)
        let c = Vector(-1, 1, -1)
        let d = Vector(1, 1, 1)
        let sum =
            a * distance(shape, p + a * h) + b * distance(shape, p + b * h)
            + c * distance(shape, p + c * h) + d * distance(shape, p + d * h)
        return normalized(sum)
    }

    // MARK: - Bodies

    @inline(__always)
    private static func absolute(_ value: Float) -> Float { value.magnitude }

    @inline(__always)
    private static func box(_ p: Vector, _ half: Vector, rounding: Float) -> Float {
        let x = absolute(p.x) - half.x + rounding
        let y = absolute(p.y) - half.y + rounding
        let z = absolute(p.z) - half.z + rounding
        let outside = Vector(max(x, 0), max(y, 0), max(z, 0))
        return length(outside) + min(max(x, max(y, z)), 0) - rounding
    }

    /// From the segment of the z axis between `-half` and `half`.
    @inline(__always)
    private static func upright(_ p: Vector, _ half: Float) -> Float {
        length(Vector(p.x, p.y, p.z - clamped(p.z, -half, half)))
    }

    /// A rectangle of half width `x` and half height `y` in a plane through the axis.
    @inline(__always)
    private static func turned(_ p: Vector, _ size: SIMD2<Float>, rounding: Float) -> Float {
        let x = length(p.x, p.y) - size.x + rounding
        let y = absolute(p.z) - size.y + rounding
        return length(max(x, 0), max(y, 0)) + min(max(x, y), 0) - rounding
    }

    private static func cylinder(_ p: Vector) -> Float {
        turned(p, ShapeSizes.cylinder, rounding: 0.04)
    }

    private static func cone(_ p: Vector) -> Float {
        let rounding: Float = 0.04
        let radius = ShapeSizes.cone.x - rounding
        let bottom = -ShapeSizes.cone.y + rounding
        // The tip comes down by what the rounding adds to the slope.
        let height = 2 * ShapeSizes.cone.y - 2.4 * rounding
        let r = length(p.x, p.y)
        let z = p.z - bottom
        // The nearest points of the base and of the slope, from the rim to the tip.
        let base = SIMD2(r - min(r, radius), z)
        let along = clamped(
            ((radius - r) * radius + z * height) / (radius * radius + height * height)
        )
        let slope = SIMD2(r - radius * (1 - along), z - height * along)
        let nearest = min(
            base.x * base.x + base.y * base.y,
            slope.x * slope.x + slope.y * slope.y
        ).squareRoot()
        let isInside = z > 0 && (r - radius) * height + z * radius < 0
        return (isInside ? -nearest : nearest) - rounding
    }

    @inline(__always)
    private static func torus(_ p: Vector, _ radii: SIMD2<Float>) -> Float {
        length(length(p.x, p.y) - radii.x, p.z) - radii.y
    }

    /// Near the surface the distance; farther off an estimate that is too small.
    @inline(__always)
    private static func ellipsoid(_ p: Vector, _ axes: Vector) -> Float {
        let scaled = p / axes
        let reach = length(scaled)
        let slope = length(scaled / axes)
        let smallest = min(axes.x, min(axes.y, axes.z))
        // Both are below the distance: the one well outside, the other near the surface.
        return reach < 1e-3 ? -smallest : reach * (reach - 1) / slope
    }

    private static func egg(_ p: Vector) -> Float {
        // Blunt below, pointed above: the half axis across shrinks with height.
        let narrowing = 1 + 0.13 * clamped(p.z, -1.2, 1.2)
        return 0.85 * ellipsoid(Vector(p.x * narrowing, p.y * narrowing, p.z), ShapeSizes.egg)
    }

    private static func pyramid(_ p: Vector) -> Float {
        let (half, height) = (ShapeSizes.pyramid.x, 2 * ShapeSizes.pyramid.y)
        let bottom = -ShapeSizes.pyramid.y
        let side = max(absolute(p.x), absolute(p.y))
        let scale = 1 / length(height, half)
        let slope = ((side - half) * height + (p.z - bottom) * half) * scale
        return smoothMaximum(slope, bottom - p.z, 0.03)
    }

    private static func mug(_ p: Vector) -> Float {
        let wall = turned(p, ShapeSizes.mug, rounding: 0.04)
        let hollow = turned(
            p - Vector(0, 0, 0.16),
            SIMD2(ShapeSizes.mug.x - 0.1, ShapeSizes.mug.y),
            rounding: 0.06
        )
        let cup = smoothMaximum(wall, -hollow, 0.04)
        let q = Vector(p.x - 0.58, p.z, p.y)
        let handle = max(torus(q, SIMD2(0.28, 0.075)), 0.46 - length(p.x, p.y))
        return min(cup, handle)
    }

    private static func bottle(_ p: Vector) -> Float {
        let (radius, half) = (ShapeSizes.bottle.x, ShapeSizes.bottle.y)
        let body = turned(p + Vector(0, 0, half - 0.5), SIMD2(radius, 0.5), rounding: 0.12)
        let neck = turned(p - Vector(0, 0, half - 0.45), SIMD2(0.14, 0.45), rounding: 0.03)
        let lip = torus(p - Vector(0, 0, half - 0.05), SIMD2(0.14, 0.05))
        return min(smoothMinimum(body, neck, 0.22), lip)
    }

    private static func mushroom(_ p: Vector) -> Float {
        let stem = turned(p + Vector(0, 0, 0.3), SIMD2(0.22 - 0.06 * p.z, 0.5), rounding: 0.08)
        let cap = ellipsoid(p - Vector(0, 0, 0.1), Vector(0.82, 0.82, 0.62))
        let roof = smoothMaximum(cap, 0.08 - p.z, 0.1)
        return 0.9 * smoothMinimum(stem, roof, 0.08)
    }

    private static func rabbit(_ p: Vector) -> Float {
        let q = Vector(p.x, absolute(p.y), p.z)
        let body = ellipsoid(q - Vector(-0.16, 0, -0.34), Vector(0.5, 0.38, 0.43))
        let head = length(q - Vector(0.32, 0, 0.1)) - 0.28
        let ear = segment(q, Vector(0.26, 0.1, 0.28), Vector(0.08, 0.17, 0.84)) - 0.085
        let tail = length(q - Vector(-0.66, 0, -0.36)) - 0.13
        let paw = ellipsoid(q - Vector(0.3, 0.2, -0.66), Vector(0.2, 0.1, 0.09))
        let whole = smoothMinimum(smoothMinimum(body, head, 0.16), min(tail, paw), 0.08)
        return 0.9 * smoothMinimum(whole, ear, 0.06)
    }

    private static func duck(_ p: Vector) -> Float {
        let body = ellipsoid(p - Vector(-0.08, 0, -0.3), Vector(0.62, 0.44, 0.38))
        let head = length(p - Vector(0.3, 0, 0.3)) - 0.3
        let beak = ellipsoid(p - Vector(0.62, 0, 0.24), Vector(0.2, 0.14, 0.07))
        let tail = segment(p, Vector(-0.5, 0, -0.2), Vector(-0.74, 0, 0.02)) - 0.1
        return 0.9 * min(smoothMinimum(smoothMinimum(body, head, 0.14), tail, 0.14), beak)
    }

    private static func bear(_ p: Vector) -> Float {
        let q = Vector(p.x, absolute(p.y), p.z)
        let body = ellipsoid(q - Vector(0, 0, -0.34), Vector(0.4, 0.4, 0.44))
        let head = length(q - Vector(0.08, 0, 0.32)) - 0.34
        let ear = length(q - Vector(0.02, 0.27, 0.6)) - 0.13
        let snout = length(q - Vector(0.38, 0, 0.24)) - 0.13
        let arm = segment(q, Vector(0.08, 0.36, -0.16), Vector(0.34, 0.4, -0.34)) - 0.12
        let leg = segment(q, Vector(0.1, 0.22, -0.64), Vector(0.46, 0.28, -0.64)) - 0.14
        let trunk = smoothMinimum(smoothMinimum(body, head, 0.1), min(ear, snout), 0.05)
        return 0.9 * smoothMinimum(trunk, min(arm, leg), 0.06)
    }

    // MARK: - How bodies are joined

    @inline(__always)
    private static func segment(_ p: Vector, _ start: Vector, _ end: Vector) -> Float {
        let (offset, span) = (p - start, end - start)
        return length(offset - span * clamped(dot(offset, span) / dot(span, span)))
    }

    @inline(__always)
    private static func smoothMinimum(_ a: Float, _ b: Float, _ width: Float) -> Float {
        let overlap = max(width - absolute(a - b), 0)
        return min(a, b) - overlap * overlap / (4 * width)
    }

    @inline(__always)
    private static func smoothMaximum(_ a: Float, _ b: Float, _ width: Float) -> Float {
        -smoothMinimum(-a, -b, width)
    }
}
