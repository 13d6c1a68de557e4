/// The wall of a room, and the sky.
struct BackdropSurface: Sendable {
    private let noise: LatticeNoise
    private let paint: Vector
    private let second: Vector
    private let style: Float
    private let across: Vector
    private let clouds: Float

    init(wallDirection: Vector, seed: UInt64) {
        var random = SceneRandom(seed: seed, .surfaces, index: 2)
        noise = LatticeNoise(seed: random.word())
        paint = random.pick(Self.paints)
        second = random.pick(Self.paints)
        style = random.unit()
        clouds = random.number(-0.5, 0.3)
        across = Vector(-wallDirection.y, wallDirection.x, 0)
    }

    /// The wall at a point.
    @inline(__always)
    func wall(_ point: Vector, footprint: Float) -> SurfaceSample {
        let x = dot(point, across)
        let plaster = noise.octaves(x * 1.2, point.z * 1.2, count: 4, footprint: footprint * 1.2)
        var albedo = paint
        if style > 0.7 {
            // Broad stripes.
            let softness = max(footprint * 0.8, 0.02)
            let t = abs(x * 0.8 - Float(floorInteger(x * 0.8)) - 0.5)
            albedo = mix(paint, second, smoothStep(0.25 - softness, 0.25 + softness, t))
        } else if style > 0.5, point.z < 1.4 {
            albedo = second
        }
        // A skirting board.
        let foot = 1 - smoothStep(0.3 - footprint, 0.3 + footprint, point.z)
        albedo = mix(albedo, Vector(0.62, 0.6, 0.56), foot * (style < 0.6 ? 1 : 0))
        return SurfaceSample(
            albedo: albedo * (1 + 0.05 * plaster.x),
            roughness: 0.95,
            reflectance: 0.02
        )
    }

    /// Its mean colour.
    var mean: Vector { paint }

    /// How cloudy the sky is in a direction, 0 to 1.
    @inline(__always)
    func cloud(_ direction: Vector, footprint: Float) -> Float {
        guard direction.z > 0.01 else { return 0 }
        let scale = 1.4 / (direction.z + 0.25)
        let density = noise.octaves(
            direction.x * scale,
            direction.y * scale,
            count: 4,
            gain: 0.55,
            footprint: footprint * scale
        ).x
        return smoothStep(0, 0.7, density + clouds) * smoothStep(0.01, 0.2, direction.z)
    }

    private static let paints: [Vector] = [
        Vector(0.68, 0.64, 0.56), Vector(0.5, 0.55, 0.56), Vector(0.3, 0.38, 0.33),
        Vector(0.56, 0.42, 0.36), Vector(0.24, 0.28, 0.36), Vector(0.72, 0.7, 0.68),
        Vector(0.62, 0.52, 0.3), Vector(0.2, 0.19, 0.19),
    ]
}
