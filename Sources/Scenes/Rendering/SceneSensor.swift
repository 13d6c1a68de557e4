/// From linear light to bytes, as a cheap camera does it: exposure, a tint, darker corners, a soft
/// shoulder for highlights, sRGB, noise.
struct SceneSensor: Sendable {
    private let gain: Vector
    private let vignette: Float
    /// Of the noise, in grey levels.
    private let deviation: Float
    private let seed: UInt64
    /// Size of the finest detail that the lens shows, in pixels.
    let blur: Float

    init(seed: UInt64) {
        var random = SceneRandom(seed: seed, .sensor)
        let exposure = random.number(0.84, 1.16)
        let warmth = random.number(-0.06, 0.08)
        gain = Vector(1 + warmth, 1, 1 - warmth) * exposure
        vignette = random.chance(0.3) ? 0 : random.number(0.05, 0.4)
        deviation = random.number(0, 1.8)
        blur = random.number(1, 2)
        self.seed = seed
    }

    /// What the sensor makes of light: exposure and its corners.
    ///
    /// - Parameters:
    ///   - light: Linear.
    ///   - radius: Squared distance from the picture's centre; 1 in the corners.
    /// - Returns: Linear, from 0 to 1.
    @inline(__always)
    func exposed(_ light: Vector, radius: Float) -> Vector {
        let colour = light * gain * (1 - vignette * radius)
        return Vector(
            Self.shoulder(colour.x),
            Self.shoulder(colour.y),
            Self.shoulder(colour.z)
        )
    }

    /// Fills a row of a frame with noise in grey levels, three values to a pixel.
    func noise(row: Int, of frame: Int, into values: inout [Float]) {
        var random = SceneRandom(seed: seed, .sensor, index: frame + 1)
        let lattice = LatticeNoise(seed: random.word())
        for column in values.indices {
            // The sum of three even draws from -1 to 1 is nearly normal, with variance 1.
            let (x, y) = (Int32(column), Int32(row))
            let sum = lattice.cell(x, y, 1) + lattice.cell(x, y, 2) + lattice.cell(x, y, 3)
            values[column] = sum * deviation
        }
    }

    /// Highlights that fade into white.
    @inline(__always)
    private static func shoulder(_ value: Float) -> Float {
        let knee: Float = 0.62
        guard value > knee else { return max(value, 0) }
        let excess = (value - knee) / (1 - knee)
        return knee + (1 - knee) * (excess / (1 + excess))
    }
}

/// The sRGB transfer curve.
package struct SRGBEncoder: Sendable {
    private let table: [Float]
    private static let steps = 1024
    static let shared = SRGBEncoder()

    package init() {
        // Over the square root of the light, the curve is nearly straight.
        table = (0...Self.steps + 1).map { step in
            let root = min(Double(step) / Double(Self.steps), 1)
            let light = root * root
            let value =
                light <= 0.003_130_8
                ? 12.92 * light : 1.055 * ScalarMath.power(light, 1 / 2.4) - 0.055
            return Float(value * 255)
        }
    }

    /// Light between 0 and 1 as a grey level between 0 and 255, not yet whole.
    @inline(__always)
    package func level(_ light: Float) -> Float {
        let position = clamped(light).squareRoot() * Float(Self.steps)
        let index = Int(position)
        let (low, high) = (table[index], table[index + 1])
        return low + (high - low) * (position - Float(index))
    }

    @inline(__always)
    package func levels(_ light: Vector) -> Vector {
        Vector(level(light.x), level(light.y), level(light.z))
    }
}
