import Glibc
import Synchronization

/// A thread of the system, for what waits in C and must not hold up Swift's own pool.
final class PlainThread: Sendable {
    private let thread: Mutex<pthread_t?>

    /// Starts `body` on a new thread.
    ///
    /// - Parameter body: The thread ends with it.
    /// - Throws: `ZeroMQError` if the system has no thread left.
    init(_ body: @escaping @Sendable () -> Void) throws(ZeroMQError) {
        let start = unsafe Unmanaged.passRetained(Start(body))
        var thread = pthread_t()
        let number = unsafe pthread_create(
            &thread,
            nil,
            { argument in
                // The one argument that this thread is started with, taken once.
                if let argument = unsafe argument {
                    unsafe Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().body()
                }
                return nil
            },
            start.toOpaque()
        )
        guard number == 0 else {
            unsafe start.release()
            throw ZeroMQError(.library(number), operation: "start", subject: "thread")
        }
        self.thread = Mutex(thread)
    }

    /// Returns when the thread has ended.
    ///
    /// To be called at least once.
    func join() {
        thread.withLock { thread in
            if let handle = thread { _ = pthread_join(handle, nil) }
            thread = nil
        }
    }

    private final class Start: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) {
            self.body = body
        }
    }
}
