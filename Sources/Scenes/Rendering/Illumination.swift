/// The light of a scene in numbers, all in linear light with 1 as white.
struct Illumination: Sendable {
    /// Unit vector to the sun, lamp or window.
    let towards: Vector
    /// What a surface that faces it gets.
    let key: Vector
    /// The light's distance over its size: how sharp shadows are.
    let sharpness: Float
    /// From all around above.
    let ambient: Vector
    /// The sky, straight up and at the horizon.
    let zenith: Vector
    let horizon: Vector
    /// How far a lamp's light reaches; nil for light that is the same everywhere.
    let reach: Float?

    init(_ light: SceneLight, azimuth: Float, seed: UInt64) {
        var random = SceneRandom(seed: seed, .surfaces, index: 3)
        let look = Self.look(light)
        let elevation = look.elevation * random.number(0.85, 1.15)
        let around = ScalarMath.sineAndCosine(Double(azimuth))
        let height = ScalarMath.sineAndCosine(Double(elevation))
        let level = Float(height.cosine)
        towards = Vector(
            level * Float(around.cosine),
            level * Float(around.sine),
            Float(height.sine)
        )
        let strength = random.number(0.88, 1.12)
        key = look.key * strength
        ambient = look.ambient * random.number(0.9, 1.12)
        sharpness = look.sharpness
        zenith = look.zenith
        horizon = look.horizon
        reach = light == .lamp ? random.number(4, 7) : nil
    }

    /// The share of the key light at a place.
    @inline(__always)
    func falloff(_ point: Vector) -> Float {
        guard let reach else { return 1 }
        let square = (point.x * point.x + point.y * point.y) / (reach * reach)
        return 1 / ((1 + square) * (1 + 0.4 * square))
    }

    /// The sky in a direction, without clouds.
    @inline(__always)
    func sky(_ direction: Vector) -> Vector {
        let height = clamped(direction.z)
        let rest = 1 - height
        let base = mix(zenith, horizon, rest * rest * rest)
        let sun = max(dot(direction, towards), 0)
        let glow = sun * sun * sun * sun
        return base + key * (0.1 * glow * glow)
    }

    private struct Look {
        let elevation: Float
        let key: Vector
        let sharpness: Float
        let ambient: Vector
        let zenith: Vector
        let horizon: Vector
    }

    private static func look(_ light: SceneLight) -> Look {
        switch light {
        case .morning:
            Look(
                elevation: 0.55,
                key: Vector(1.2, 1, 0.74) * 1.12,
                sharpness: 14,
                ambient: Vector(0.36, 0.42, 0.5),
                zenith: Vector(0.3, 0.5, 0.78),
                horizon: Vector(0.95, 0.82, 0.64)
            )
        case .daylight:
            Look(
                elevation: 0.95,
                key: Vector(1.06, 1, 0.93) * 1.1,
                sharpness: 18,
                ambient: Vector(0.36, 0.42, 0.5),
                zenith: Vector(0.14, 0.34, 0.76),
                horizon: Vector(0.66, 0.78, 0.92)
            )
        case .evening:
            Look(
                elevation: 0.32,
                key: Vector(1.42, 0.86, 0.46) * 1.15,
                sharpness: 11,
                ambient: Vector(0.3, 0.25, 0.32),
                zenith: Vector(0.2, 0.2, 0.42),
                horizon: Vector(1, 0.5, 0.24)
            )
        case .overcast:
            Look(
                elevation: 1.2,
                key: Vector(0.42, 0.44, 0.47),
                sharpness: 2,
                ambient: Vector(0.52, 0.56, 0.62),
                zenith: Vector(0.56, 0.6, 0.66),
                horizon: Vector(0.74, 0.77, 0.8)
            )
        case .studio:
            Look(
                elevation: 0.8,
                key: Vector(0.98, 0.98, 1),
                sharpness: 4.5,
                ambient: Vector(0.42, 0.42, 0.43),
                zenith: Vector(0.12, 0.12, 0.13),
                horizon: Vector(0.5, 0.5, 0.52)
            )
        case .lamp:
            Look(
                elevation: 0.85,
                key: Vector(1.35, 0.9, 0.5) * 1.2,
                sharpness: 6,
                ambient: Vector(0.23, 0.16, 0.1),
                zenith: Vector(0.03, 0.03, 0.05),
                horizon: Vector(0.1, 0.07, 0.06)
            )
        }
    }
}
