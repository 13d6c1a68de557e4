package import Scheduling
import Synchronization
package import ZeroMQ

/// Asks a worker to leave, from any thread of its process.
package final class WorkerControl: Sendable {
    let wakeUp: WakeUp
    private let asked = Mutex<DrainSpeed?>(nil)

    /// Makes the control of one worker.
    ///
    /// - Throws: `ZeroMQError` if the process has no descriptor left.
    package init() throws(ZeroMQError) {
        wakeUp = try WakeUp()
    }

    /// Asks for a drain, or a faster one.
    package func drain(_ speed: DrainSpeed) {
        asked.withLock { $0 = max($0 ?? speed, speed) }
        wakeUp.signal()
    }

    /// What was asked for since the last call.
    func take() -> DrainSpeed? {
        asked.withLock { speed in
            defer { speed = nil }
            return speed
        }
    }
}
