/// Why a message was not acted upon.
package struct Refusal: Hashable, Sendable {
    package enum Reason: UInt32, CaseIterable, Hashable, Sendable {
        case malformed = 1
        case version = 2
        case tooLarge = 3
        /// Understood, but not at this point of the conversation.
        case unexpected = 4
    }

    package let reason: Reason
    /// One sentence for a person.
    package let text: String
    /// The refused message's number; 0 if it could not be read.
    package let refusedSequence: UInt64

    /// Checks and keeps the values.
    ///
    /// - Parameters:
    ///   - reason: What a program decides by.
    ///   - text: Up to `WireLimits.textBytes` bytes.
    ///   - refusedSequence: The refused message's number, or 0.
    /// - Throws: `WireError` if the text is too long or contains a NUL.
    package init(_ reason: Reason, text: String, refusedSequence: UInt64) throws(WireError) {
        try WireError.check(text, "refusal text", limit: WireLimits.textBytes)
        self.reason = reason
        self.text = text
        self.refusedSequence = refusedSequence
    }
}
