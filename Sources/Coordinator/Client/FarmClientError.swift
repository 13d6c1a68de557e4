package import WireProtocol

/// Why a coordinator did not do what a client asked.
package struct FarmClientError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        /// The endpoint is none, or the process has no socket left.
        case cannotConnect
        /// Nobody answered in time.
        case noAnswer
        /// Whoever waits for the answer does not want it any more.
        case interrupted
        /// The other side speaks another version, or no version of this protocol.
        case otherProtocol
        /// The coordinator does not know this client's key, or is not the holder of its own.
        case keyRefused
        /// The coordinator understood and said no.
        case refused(Refusal.Reason)
    }

    package let code: Code
    /// One sentence for a person.
    package let description: String

    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
