import CZeroMQ

/// The I/O threads and sockets of one process.
///
/// One per process: closing one of two contexts that use CURVE can crash the other in libzmq 4.3.4.
/// Every socket keeps its context alive, so the end of a context never waits for a socket.
///
/// `@unchecked Sendable` holds because libzmq documents contexts as thread safe and the handle
/// never changes.
@safe package final class Context: @unchecked Sendable {
    let handle: UnsafeMutableRawPointer

    /// Starts a context.
    ///
    /// - Parameters:
    ///   - ioThreads: Threads that move bytes; one per Gbit/s is libzmq's advice.
    ///   - socketLimit: Sockets that can be open at a time.
    /// - Throws: `ZeroMQError` if the system has no room for it or libzmq is older than 4.3.3.
    package init(ioThreads: Int = 1, socketLimit: Int = 1024) throws(ZeroMQError) {
        precondition(
            ioThreads > 0 && socketLimit > 0,
            "\(ioThreads) threads, \(socketLimit) sockets"
        )
        guard isSafeZeroMQ(zeroMQVersionNumbers()) else {
            throw ZeroMQError(
                .libraryTooOld(found: zeroMQVersion()),
                operation: "create",
                subject: "context"
            )
        }
        guard let handle = unsafe zmq_ctx_new() else {
            throw ZeroMQError.last(operation: "create", subject: "context")
        }
        unsafe self.handle = unsafe handle
        try set(ZMQ_IO_THREADS, to: ioThreads, name: "I/O threads")
        try set(ZMQ_MAX_SOCKETS, to: socketLimit, name: "socket limit")
    }

    deinit {
        // EINTR is the one failure that a repetition mends.
        while unsafe zmq_ctx_term(handle) != 0, zmq_errno() == EINTR {}
    }

    private func set(_ option: Int32, to value: Int, name: String) throws(ZeroMQError) {
        guard unsafe zmq_ctx_set(handle, option, Int32(clamping: value)) == 0 else {
            throw ZeroMQError.last(operation: "set", subject: name)
        }
    }
}
