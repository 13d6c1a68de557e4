import Foundation
import Logging
import Scheduling
import Synchronization
import TestSupport
import Testing
import Worker
import ZeroMQ

/// A worker daemon on a thread of its own, as a process would have it.
final class DaemonThread: Sendable {
    let control: WorkerControl
    private let outcome = Outcome()

    private final class Outcome: Sendable {
        let result = Mutex<Result<WorkerExit, any Error>?>(nil)
    }

    /// Settings with which a test does not take long.
    static func configuration(
        _ coordinator: FakeCoordinator,
        _ runner: FakeRunner,
        state: TemporaryFolder
    ) -> WorkerConfiguration {
        var configuration = WorkerConfiguration(
            name: "test 1",
            control: coordinator.controlEndpoint,
            bulk: coordinator.bulkEndpoint,
            stateFolder: state("worker"),
            runner: runner.command
        )
        configuration.times.heartbeat = .milliseconds(200)
        configuration.times.retry = .milliseconds(500)
        configuration.times.silence = .seconds(5)
        configuration.times.interruptGrace = .milliseconds(500)
        configuration.times.farewell = .seconds(2)
        configuration.reconnect = .init(base: .milliseconds(50), longest: .milliseconds(100))
        return configuration
    }

    init(_ configuration: WorkerConfiguration) throws {
        control = try WorkerControl()
        let context = try FakeCoordinator.context.get()
        let thread = Thread { [control, outcome] in
            let result = Result {
                try WorkerDaemon(
                    configuration,
                    software: "test",
                    context: context,
                    control: control,
                    logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
                ).run()
            }
            outcome.result.withLock { $0 = result }
        }
        thread.start()
    }

    deinit {
        control.drain(.expedited)
    }

    var hasEnded: Bool { outcome.result.withLock { $0 != nil } }

    /// How it ended, once it has.
    func exit() throws -> WorkerExit {
        try #require(outcome.result.withLock { $0 }).get()
    }

    func wait(seconds: Double = 20) throws -> WorkerExit {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while !hasEnded {
            try #require(ContinuousClock.now < deadline, "the worker does not end")
            usleep(5000)
        }
        return try exit()
    }
}
