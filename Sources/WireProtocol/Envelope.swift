/// What an envelope carries.
package enum EnvelopeBody: Hashable, Sendable {
    case hello(Hello)
    case tensor(TensorHeader)
    case refusal(Refusal)
}

/// The first frame of every message between peers.
///
/// `encoded()` and `init(decoding:)` are inverse to each other for every envelope that can be made.
package struct Envelope: Hashable, Sendable {
    package let version: ProtocolVersion
    /// Counts the sender's messages on this connection from 1.
    package let sequence: UInt64
    package let body: EnvelopeBody

    package init(
        _ body: EnvelopeBody,
        sequence: UInt64,
        version: ProtocolVersion = .current
    ) {
        precondition(version.isUnderstood, "this program does not speak \(version)")
        self.version = version
        self.sequence = sequence
        self.body = body
    }
}
