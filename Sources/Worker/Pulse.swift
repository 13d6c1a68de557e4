package import Scheduling
package import ZeroMQ

/// Tells the service manager that all is well, as long as the running unit makes progress: a worker
/// that only looks alive is started again.
package struct Pulse: Sendable {
    package let notifier: ServiceNotifier
    private let stallLimit: Duration
    private var isRunning = false
    private var progressAt = Instant.zero
    private var toldAt: Instant?

    package init(stallLimit: Duration, notifier: ServiceNotifier = ServiceNotifier()) {
        self.stallLimit = stallLimit
        self.notifier = notifier
    }

    /// The running unit made a step, began, or ended.
    package mutating func note(isRunning: Bool, at now: Instant) {
        self.isRunning = isRunning
        progressAt = now
    }

    /// Whether the worker waits for work or advances.
    package func isWell(at now: Instant) -> Bool {
        !isRunning || now < progressAt + stallLimit
    }

    package mutating func beat(at now: Instant) {
        guard let interval = notifier.watchdogInterval, isWell(at: now) else { return }
        if let toldAt, now < toldAt + interval { return }
        toldAt = now
        notifier.isWell()
    }
}
