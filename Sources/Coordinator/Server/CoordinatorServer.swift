package import Logging
import Scheduling
import Synchronization
import WireProtocol
package import ZeroMQ

/// A coordinator: takes jobs, hands their units to workers, keeps the results, writes the outputs.
///
/// `run` blocks the thread that calls it; `stop` and `endpoints` are for others.
package final class CoordinatorServer: Sendable {
    /// Where a running coordinator can be reached.
    package struct Endpoints: Hashable, Sendable {
        package let control: String
        package let bulk: String
        /// What peers need to know it by; nil where there are no keys.
        package let publicKey: CurveKey?
    }

    package let configuration: CoordinatorConfiguration
    private let context: Context
    private let logger: Logger
    private let wakeUp: WakeUp
    private let isStopped = Atomic(false)
    private let bound = Mutex<Endpoints?>(nil)

    /// Makes a coordinator that does not run yet.
    ///
    /// - Parameters:
    ///   - configuration: Checked here.
    ///   - context: The process's context.
    ///   - logger: For one line a change of state.
    /// - Throws: `CoordinatorError` for settings that would serve strangers, `ZeroMQError`.
    package init(
        _ configuration: CoordinatorConfiguration,
        context: Context,
        logger: Logger
    ) throws {
        try configuration.check()
        self.configuration = configuration
        self.context = context
        self.logger = logger
        wakeUp = try WakeUp()
    }

    /// Where it listens; nil until it does and after it ended.
    package var endpoints: Endpoints? { bound.withLock { $0 } }

    /// Ends the run after the turn it is in; from any thread, and before the run as well.
    package func stop() {
        isStopped.store(true, ordering: .releasing)
        wakeUp.signal()
    }

    /// Serves until it is stopped.
    ///
    /// - Parameter onReady: Called once it listens, on this thread.
    /// - Returns: Why it ended.
    /// - Throws: What prevents its start, and `CoordinatorError` with `durability` when the disk
    ///   breaks its word: whoever starts it again finds everything that was promised.
    package func run(onReady: (Endpoints) -> Void = { _ in }) throws -> ExitReason {
        let (loop, endpoints) = try CoordinatorStart(
            configuration: configuration,
            context: context,
            logger: logger,
            wakeUp: wakeUp
        ).loop()
        bound.withLock { $0 = endpoints }
        defer { bound.withLock { $0 = nil } }
        logger.notice(
            "coordinator started",
            metadata: [
                "control": "\(endpoints.control)", "bulk": "\(endpoints.bulk)",
                "instance": "\(loop.farm.instance + 1)",
                "key": "\(endpoints.publicKey?.z85 ?? "none")",
            ]
        )
        onReady(endpoints)
        let reason = try loop.run { isStopped.load(ordering: .acquiring) }
        loop.close()
        logger.notice("coordinator stopped", metadata: ["reason": "\(reason)"])
        return reason
    }
}
