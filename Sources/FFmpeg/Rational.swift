package import CFFmpeg

/// An exact fraction: a time in seconds, a rate, a ratio.
///
/// Sums of frame durations stay exact, which floating-point seconds do not.
package struct Rational: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// In lowest terms with `denominator`, and bears the sign.
    package let numerator: Int64
    /// At least 1.
    package let denominator: Int64

    /// The fraction `numerator / denominator` in lowest terms.
    package init(_ numerator: Int64, _ denominator: Int64 = 1) {
        self.init(wide: Int128(numerator), Int128(denominator))
    }

    /// The parts of times and rates in files have 32 bits, so what does not fit after reduction is
    /// a caller's error; lengths that a file claims go through `init(ticks:of:)`.
    private init(wide numerator: Int128, _ denominator: Int128) {
        guard let value = Rational(exactly: numerator, denominator) else {
            preconditionFailure("the fraction \(numerator)/\(denominator) has too many digits")
        }
        self = value
    }

    private init?(exactly numerator: Int128, _ denominator: Int128) {
        precondition(denominator != 0, "a fraction \(numerator)/0")
        let divisor = Int128(
            Self.greatestCommonDivisor(numerator.magnitude, denominator.magnitude)
        )
        let sign: Int128 = denominator < 0 ? -1 : 1
        guard let top = Int64(exactly: sign * numerator / divisor),
            let bottom = Int64(exactly: sign * denominator / divisor)
        else { return nil }
        self.numerator = top
        self.denominator = bottom
    }

    /// `ticks` units of time; nil if that is too long to be true.
    package init?(ticks: Int64, of unit: Rational) {
        self.init(exactly: Int128(ticks) * Int128(unit.numerator), Int128(unit.denominator))
    }

    /// A fraction of the library's; nil if its denominator is 0, as for "unknown".
    package init?(_ value: AVRational) {
        guard value.den != 0 else { return nil }
        self.init(Int64(value.num), Int64(value.den))
    }

    /// The library's form; the parts must have 32 bits, as those of time bases and rates have.
    var library: AVRational { AVRational(num: Int32(numerator), den: Int32(denominator)) }

    package static let zero = Rational(0)

    package var double: Double { Double(numerator) / Double(denominator) }

    /// The fraction upside down.
    package var reciprocal: Rational {
        precondition(numerator != 0, "1 / 0")
        return Rational(denominator, numerator)
    }

    /// The nearest integer; halves go away from zero.
    package var rounded: Int64 {
        let (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: denominator)
        guard remainder.magnitude >= denominator.magnitude - remainder.magnitude else {
            return quotient
        }
        return quotient + numerator.signum()
    }

    /// The nearest count of `unit`s, such as ticks of a time base; halves go away from zero.
    package func count(of unit: Rational) -> Int64 {
        // Not by way of the exact quotient, which may have more digits than its rounded value.
        let top = Int128(numerator) * Int128(unit.denominator) * (unit.numerator < 0 ? -1 : 1)
        let bottom = Int128(denominator) * Int128(unit.numerator.magnitude)
        precondition(bottom != 0, "\(self) counted in units of 0")
        let (quotient, remainder) = top.quotientAndRemainder(dividingBy: bottom)
        let isHalf = remainder.magnitude >= bottom.magnitude - remainder.magnitude
        return Int64(quotient + (isHalf ? top.signum() : 0))
    }

    /// How many whole `unit`s fit; negative values go down, too.
    package func wholeCount(of unit: Rational) -> Int64 {
        precondition(unit > .zero, "\(self) counted in units of \(unit)")
        let top = Int128(numerator) * Int128(unit.denominator)
        let bottom = Int128(denominator) * Int128(unit.numerator)
        let (quotient, remainder) = top.quotientAndRemainder(dividingBy: bottom)
        return Int64(quotient - (remainder < 0 ? 1 : 0))
    }

    package static func + (left: Rational, right: Rational) -> Rational {
        // Over the least common multiple, so that sums over one time base stay small.
        let divisor = greatestCommonDivisor(
            left.denominator.magnitude,
            right.denominator.magnitude
        )
        let leftScale = Int128(right.denominator) / Int128(divisor)
        let rightScale = Int128(left.denominator) / Int128(divisor)
        return Rational(
            wide: Int128(left.numerator) * leftScale + Int128(right.numerator) * rightScale,
            Int128(left.denominator) * leftScale
        )
    }

    package static prefix func - (value: Rational) -> Rational {
        Rational(wide: -Int128(value.numerator), Int128(value.denominator))
    }

    package static func - (left: Rational, right: Rational) -> Rational {
        left + -right
    }

    package static func * (left: Rational, right: Rational) -> Rational {
        Rational(
            wide: Int128(left.numerator) * Int128(right.numerator),
            Int128(left.denominator) * Int128(right.denominator)
        )
    }

    package static func / (left: Rational, right: Rational) -> Rational {
        left * right.reciprocal
    }

    package static func < (left: Rational, right: Rational) -> Bool {
        Int128(left.numerator) * Int128(right.denominator)
            < Int128(right.numerator) * Int128(left.denominator)
    }

    package var description: String {
        denominator == 1 ? "\(numerator)" : "\(numerator)/\(denominator)"
    }

    private static func greatestCommonDivisor<Value: UnsignedInteger>(
        _ first: Value,
        _ second: Value
    ) -> Value {
        var (a, b) = (first, second)
        while b != 0 { (a, b) = (b, a % b) }
        return max(a, 1)
    }
}
