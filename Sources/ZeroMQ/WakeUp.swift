import CZeroMQ
import Glibc

/// Ends a `Poller`'s wait from any thread.
///
/// Signals that nobody has waited for yet are one: what there is to do stands elsewhere, such as in
/// a queue behind a lock, and is looked at after each wait.
package final class WakeUp: Sendable {
    /// An eventfd(2), readable from a signal until it is cleared.
    let descriptor: Int32

    /// Makes one that has not been signalled.
    ///
    /// - Throws: `ZeroMQError` if the process has no descriptor left.
    package init() throws(ZeroMQError) {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard descriptor >= 0 else {
            throw ZeroMQError(.library(errno), operation: "open", subject: "wake-up")
        }
    }

    deinit {
        close(descriptor)
    }

    package func signal() {
        var one: UInt64 = 1
        // A counter that is full is readable, which is all that is wanted.
        while unsafe write(descriptor, &one, 8) < 0, errno == EINTR {}
    }

    /// Takes the signals that have come so far.
    ///
    /// - Returns: Whether there was one.
    func clear() -> Bool {
        var count: UInt64 = 0
        while true {
            let bytes = unsafe read(descriptor, &count, 8)
            if bytes < 0, errno == EINTR { continue }
            return bytes == 8
        }
    }
}
