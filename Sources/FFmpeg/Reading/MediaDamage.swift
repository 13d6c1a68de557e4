/// What of a source could not be read, told once it is known.
package struct MediaDamage: Hashable, Sendable, CustomStringConvertible {
    /// Pictures that could not be decoded and are missing.
    package internal(set) var droppedCount = 0
    /// Pictures that were decoded with parts made up by the decoder.
    package internal(set) var concealedCount = 0
    /// Where the first of them is, in seconds from the first picture; nil if nobody knows.
    package internal(set) var firstTime: Rational?
    /// Why the file ended before its end, such as `Input/output error`.
    package internal(set) var endReason: String?

    /// Whether all was read.
    package var isNone: Bool { droppedCount == 0 && concealedCount == 0 && endReason == nil }

    /// One sentence for a person.
    package var description: String {
        var parts: [String] = []
        if droppedCount > 0 { parts.append("\(droppedCount) pictures could not be decoded") }
        if concealedCount > 0 { parts.append("\(concealedCount) pictures are damaged") }
        if let firstTime {
            let milliseconds = (firstTime * Rational(1000)).rounded
            parts.append("the first near \(Double(milliseconds) / 1000) s")
        }
        if let endReason { parts.append("the file breaks off: \(endReason)") }
        return parts.isEmpty ? "no damage" : parts.joined(separator: ", ")
    }

    mutating func note(dropped: Int = 0, concealed: Int = 0, at time: Rational?) {
        if droppedCount + concealedCount == 0 { firstTime = time }
        droppedCount += dropped
        concealedCount += concealed
    }
}
