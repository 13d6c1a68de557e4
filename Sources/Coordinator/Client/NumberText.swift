import Glibc

/// Numbers as people read them.
package enum NumberText {
    /// `digits` decimals, rounded.
    package static func fixed(_ value: Double, _ digits: Int) -> String {
        precondition((0...9).contains(digits), "\(digits) decimals")
        guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        let rounded = (abs(value) * scale).rounded()
        let whole = (rounded / scale).rounded(.down)
        let rest = "\(Int(rounded - whole * scale))"
        let sign = value < 0 && rounded > 0 ? "-" : ""
        guard digits > 0 else { return "\(sign)\(Int(whole))" }
        let zeros = String(repeating: "0", count: digits - rest.count)
        return "\(sign)\(Int(whole)).\(zeros)\(rest)"
    }

    /// Three digits that count, such as `0.0123`, `12.3`, `1230`.
    package static func rate(_ value: Double) -> String {
        let magnitude = abs(value)
        return fixed(value, magnitude >= 100 ? 0 : magnitude >= 10 ? 1 : magnitude >= 1 ? 2 : 3)
    }

    /// Two digits that count and a power of ten, such as `3.1e-7`; of a value from 0 on.
    package static func scientific(_ value: Double) -> String {
        guard value > 0, value.isFinite else { return fixed(value, 0) }
        var exponent = Int(log10(value).rounded(.down))
        var mantissa = fixed(value / pow(10, Double(exponent)), 1)
        // 9.96 is 10.0 when it is rounded.
        if mantissa == "10.0" { (mantissa, exponent) = ("1.0", exponent + 1) }
        return "\(mantissa)e\(exponent)"
    }

    /// Bytes in binary units, such as `1.5 GiB`.
    package static func bytes(_ count: Int) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
        var value = Double(count)
        var index = 0
        while value >= 1024, index < units.count - 1 {
            value /= 1024
            index += 1
        }
        return index == 0 ? "\(count) B" : "\(fixed(value, 1)) \(units[index])"
    }

    /// A count with the noun in its number: `1 shot`, `3 shots`.
    package static func count(_ number: Int, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }
}
