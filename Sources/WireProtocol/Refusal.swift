/// Why a message was not acted upon.
package struct Refusal: Hashable, Sendable {
    package enum Reason: UInt32, CaseIterable, Hashable, Sendable {
        case malformed = 1
        case version = 2
        case tooLarge = 3
        /// Understood, but not at this point of the conversation.
        case unexpected = 4
        /// No such job, worker or connection; a worker introduces itself again.
        case unknown = 5
        /// Not possible in the state it is in.
        case conflict = 6
        case forbidden = 7
        /// Not now: a full disk, a coordinator that is leaving.
        case unavailable = 8
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

    /// A refusal whose sentence is made to fit.
    package init(_ reason: Reason, clipping text: String, refusedSequence: UInt64) {
        self.reason = reason
        self.text = text.clipped()
        self.refusedSequence = refusedSequence
    }
}
