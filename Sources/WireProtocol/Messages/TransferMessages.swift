package import Scheduling

// The bulk socket. The worker asks, the coordinator answers: how much is on the way is the worker's
// choice, so a slow one queues nothing. A connection starts with `Hello` of the role `bulk`, whose
// boot id is the session of the welcome. Every message may be lost and is then repeated.

/// Worker: one chunk of a unit's input.
///
/// Answered by `ChunkMessage` and the bytes, or a refusal.
package struct FetchMessage: Hashable, Sendable {
    package var lease: Lease
    package var input: String
    package var chunk: Int

    package init(_ lease: Lease, input: String, chunk: Int) {
        self.lease = lease
        self.input = input
        self.chunk = chunk
    }
}

/// A chunk of a tensor, whose bytes are the next frame of the message.
///
/// From the coordinator: of an input. From the worker: of a result, answered by `StoredMessage`.
package struct ChunkMessage: Hashable, Sendable {
    package var lease: Lease
    package var header: TensorHeader

    package init(_ lease: Lease, _ header: TensorHeader) {
        self.lease = lease
        self.header = header
    }
}

/// Coordinator: a chunk of a result has arrived.
///
/// What becomes of the whole is told on the control socket.
package struct StoredMessage: Hashable, Sendable {
    package var lease: Lease
    package var chunk: Int

    package init(_ lease: Lease, chunk: Int) {
        self.lease = lease
        self.chunk = chunk
    }
}
