package import FFmpeg

/// How people write times and rates.
package enum TimeText {
    /// Reads seconds as `12`, `12.5`, `250/30`, or `1:02:03.5` with hours and minutes.
    ///
    /// - Returns: The exact number of seconds; nil if the text is no time or is negative.
    package static func seconds(_ text: String) -> Rational? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard (1...3).contains(parts.count), let last = number(parts[parts.count - 1]) else {
            return nil
        }
        guard parts.count > 1 else { return last }
        guard last < Rational(60) else { return nil }
        var whole: Int64 = 0
        for (index, part) in parts.dropLast().enumerated() {
            guard let digits = digits(part), index == 0 || digits < 60 else { return nil }
            whole = whole * 60 + digits
        }
        return Rational(whole * 60) + last
    }

    /// Reads a whole number, a decimal fraction or a quotient, such as `25`, `29.97`, `30000/1001`.
    ///
    /// - Returns: The exact value; nil if the text is no such number.
    package static func number(_ text: String) -> Rational? {
        let quotient = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if quotient.count == 2 {
            guard let top = digits(quotient[0]), let bottom = digits(quotient[1]), bottom > 0 else {
                return nil
            }
            return Rational(top, bottom)
        }
        let decimal = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard (1...2).contains(decimal.count), let whole = digits(decimal[0]) else { return nil }
        guard decimal.count == 2 else { return Rational(whole) }
        guard let fraction = digits(decimal[1]) else { return nil }
        var scale: Int64 = 1
        for _ in decimal[1] { scale *= 10 }
        return Rational(whole) + Rational(fraction, scale)
    }

    /// Writes a length as people read it: `0:07`, `12:34`, `1:02:03`.
    package static func clock(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds < 1e9 else { return "ages" }
        let whole = Int(max(0, seconds).rounded())
        let (minutes, rest) = whole.quotientAndRemainder(dividingBy: 60)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        guard minutes >= 60 else { return "\(minutes):\(two(rest))" }
        return "\(minutes / 60):\(two(minutes % 60)):\(two(rest))"
    }

    /// Up to nine digits, so that every product here stays exact.
    private static func digits(_ text: String) -> Int64? {
        let isNumber = text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard (1...9).contains(text.utf8.count), isNumber else { return nil }
        return Int64(text)
    }
}
