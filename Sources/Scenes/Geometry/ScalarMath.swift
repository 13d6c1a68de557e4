// Functions of one number, made of additions, multiplications, divisions and square roots alone:
// those are exact by IEEE 754, so a scene has the same bits on every machine, which the C
// library's sines do not promise.

package enum ScalarMath {
    /// Sine and cosine of an angle in radians, to 1e-12 for angles below a million.
    package static func sineAndCosine(_ angle: Double) -> (sine: Double, cosine: Double) {
        let quarters = (angle * (2 / Double.pi)).rounded()
        // π/2 in two parts, the first with few enough digits that its multiples are exact.
        let rest = (angle - quarters * 1.570_796_251_296_997) - quarters * 7.549_789_954_891_88e-8
        let square = rest * rest
        var sine = 0.0
        var cosine = 0.0
        for order in stride(from: 8, through: 1, by: -1) {
            let n = Double(2 * order)
            sine = (1 + sine) * -square / (n * (n + 1))
            cosine = (1 + cosine) * -square / (n * (n - 1))
        }
        sine = rest * (1 + sine)
        cosine += 1
        switch Int(quarters) & 3 {
        case 0: return (sine, cosine)
        case 1: return (cosine, -sine)
        case 2: return (-sine, -cosine)
        default: return (-cosine, sine)
        }
    }

    package static func sine(_ angle: Double) -> Double { sineAndCosine(angle).sine }

    /// 2 to the power of `exponent`.
    package static func exp2(_ exponent: Double) -> Double {
        let whole = exponent.rounded()
        let rest = (exponent - whole) * 0.693_147_180_559_945_3
        var sum = 1.0
        for order in stride(from: 14, through: 1, by: -1) { sum = 1 + sum * rest / Double(order) }
        return sum * Double(sign: .plus, exponent: Int(whole), significand: 1)
    }

    /// The logarithm to the base 2 of a positive number.
    package static func log2(_ number: Double) -> Double {
        precondition(number > 0, "the logarithm of \(number)")
        var exponent = Double(number.exponent)
        var significand = number.significand
        if significand > 1.414_213_562_373_095_1 {
            significand /= 2
            exponent += 1
        }
        let ratio = (significand - 1) / (significand + 1)
        var sum = 0.0
        for order in stride(from: 21, through: 1, by: -2) {
            sum = sum * ratio * ratio + 1 / Double(order)
        }
        return exponent + 2 * ratio * sum * 1.442_695_040_888_963_4
    }

    /// A positive number to a power.
    package static func power(_ base: Double, _ exponent: Double) -> Double {
        exp2(exponent * log2(base))
    }
}

/// `value` within `range`.
@inline(__always)
func clamped(_ value: Float, _ low: Float = 0, _ high: Float = 1) -> Float {
    value < low ? low : (value > high ? high : value)
}

/// 0 below `low`, 1 above `high`, and smooth between.
@inline(__always)
func smoothStep(_ low: Float, _ high: Float, _ value: Float) -> Float {
    let t = clamped((value - low) / (high - low))
    return t * t * (3 - 2 * t)
}

@inline(__always)
func mix(_ a: Float, _ b: Float, _ weight: Float) -> Float { a + (b - a) * weight }

/// The largest whole number not above `value`, which must be within 32 bits.
@inline(__always)
func floorInteger(_ value: Float) -> Int32 {
    // Not `rounded(.down)`, which is a call on the oldest processors of this architecture.
    let whole = Int32(value)
    return Float(whole) > value ? whole &- 1 : whole
}

/// A wave of period 1 between -1 and 1 that is nearly a sine.
@inline(__always)
func wave(_ phase: Float) -> Float {
    let t = phase - Float(floorInteger(phase))
    let half = t < 0.5 ? t : t - 0.5
    let lobe = 16 * half * (0.5 - half)
    return t < 0.5 ? lobe : -lobe
}
