import Foundation
import Logging
import Scheduling
import TestSupport
import Testing
import WireProtocol
import Worker

struct RunnerProcessTests {
    /// Drives a runner until something has happened, with a clock that goes `speed` times as fast.
    final class Driver {
        let fake: FakeRunner
        let runner: RunnerProcess
        private(set) var events: [RunnerProcess.Event] = []
        private let start = ContinuousClock.now
        private let speed: Int

        init(_ mode: String, speed: Int = 1) throws {
            fake = try FakeRunner(mode)
            self.speed = speed
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            runner = RunnerProcess(fake.command, logger: logger)
        }

        func wait(
            seconds: Double = 20,
            until isDone: ([RunnerProcess.Event]) -> Bool
        ) throws {
            let deadline = ContinuousClock.now + .seconds(seconds)
            while !isDone(events) {
                try #require(ContinuousClock.now < deadline, "after \(events)")
                let now = Instant.zero + start.duration(to: .now) * speed
                events += runner.poll(at: now)
                usleep(2000)
            }
        }

        var deaths: [String] {
            events.compactMap { event in
                if case .died(let reason) = event { reason } else { nil }
            }
        }
    }

    static let lease = FetcherTests.lease(0)

    static func order(_ folder: TemporaryFolder) -> RunnerOrder {
        RunnerOrder(
            lease: lease,
            job: JobSpecification(),
            order: UnitOrder(frames: 0..<4, firstFrame: 0, steps: 0..<1),
            shotFrames: 4,
            depthRange: DepthRange(least: 0, largest: 1),
            inputs: [:],
            output: folder("out"),
            result: InputDescription("latents", .float32, [2, 3])
        )
    }

    @Test func `a unit goes in and its result comes out`() throws {
        let driver = try Driver("normal")
        // Taken before the process is there, and given to it when it is.
        driver.runner.run(Self.order(driver.fake.folder))
        try driver.wait { $0.contains(.finished(Self.lease)) }
        #expect(
            driver.events == [
                .ready(deviceClass: "fake"), .progress(Self.lease, phase: .running, done: 1),
                .finished(Self.lease),
            ]
        )
        #expect(try SpoolFile(driver.fake.folder("out")).byteCount == 24)
        #expect(driver.runner.descriptor != nil && !driver.runner.hasUnsentBytes)
    }

    @Test func `a crash is told with what the process said before, and it is started again`() throws
    {
        let driver = try Driver("crash-once")
        try driver.wait { $0.contains(.ready(deviceClass: "fake")) }
        driver.runner.run(Self.order(driver.fake.folder))
        try driver.wait { _ in driver.deaths.count == 1 }
        #expect(driver.events.contains(.progress(Self.lease, phase: .running, done: 1)))
        #expect(driver.deaths == ["the runner died: it ended with status 9"])
        try driver.wait { $0.count { $0 == .ready(deviceClass: "fake") } == 2 }
        driver.runner.run(Self.order(driver.fake.folder))
        try driver.wait { $0.last == .finished(Self.lease) }
        #expect(driver.fake.starts == 2)
    }

    @Test func `a runner that dies by a signal tells which`() throws {
        let driver = try Driver("crash")
        driver.runner.run(Self.order(driver.fake.folder))
        try driver.wait { _ in !driver.deaths.isEmpty }
        #expect(driver.deaths == ["the runner died: signal 11 ended it"])
    }

    @Test func `a runner that does not start is tried ever more seldom`() throws {
        let driver = try Driver("unready", speed: 20)
        try driver.wait { _ in driver.deaths.count == 4 }
        #expect(driver.runner.failedStarts == 4)
        #expect(driver.fake.starts == 4)
        let next = try #require(driver.runner.nextStart)
        #expect(driver.runner.poll(at: next + .milliseconds(-1)).isEmpty)
        #expect(driver.runner.processID == nil && driver.runner.descriptor == nil)
    }

    @Test func `a program that is not there is a failed start, not an end of the worker`() throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let runner = RunnerProcess(RunnerCommand("/no/such/program", []), logger: logger)
        #expect(
            runner.poll(at: .zero) == [
                .died(
                    reason:
                        "the runner died: cannot start /no/such/program: No such file or directory"
                )
            ]
        )
        #expect(runner.failedStarts == 1)
    }

    @Test func `a runner that never gets ready is ended`() throws {
        let driver = try Driver("silent", speed: 400)
        try driver.wait { _ in !driver.deaths.isEmpty }
        #expect(driver.deaths[0].contains("not ready"))
    }

    @Test(arguments: ["garbage", "flood"])
    func `a runner that talks nonsense is ended`(mode: String) throws {
        let driver = try Driver(mode)
        driver.runner.run(Self.order(driver.fake.folder))
        try driver.wait { _ in !driver.deaths.isEmpty }
        #expect(driver.deaths[0].contains("means nothing"))
    }

    @Test func `a runner that closes its replies is ended`() throws {
        let driver = try Driver("close")
        driver.runner.run(Self.order(driver.fake.folder))
        try driver.wait { _ in !driver.deaths.isEmpty }
        #expect(driver.deaths == ["the runner died: the worker ended it: it closed its replies"])
    }

    @Test func `a unit is stopped in the process, or before it gets there`() throws {
        let driver = try Driver("wait")
        driver.runner.run(Self.order(driver.fake.folder))
        #expect(!driver.runner.stop(Self.lease))
        try driver.wait { $0.contains(.ready(deviceClass: "fake")) }
        #expect(driver.fake.runs.isEmpty)
        driver.runner.run(Self.order(driver.fake.folder))
        #expect(driver.runner.stop(Self.lease))
        let failure = UnitFailure(.infrastructure, "stopped")
        try driver.wait { $0.last == .failed(Self.lease, failure) }
    }

    @Test func `a hanging runner and what it has started end with a kill, and with the worker`()
        throws
    {
        var driver: Driver? = try Driver("hang")
        let fake = try #require(driver?.fake)
        driver?.runner.run(Self.order(fake.folder))
        try driver?.wait { _ in fake.childProcessID != nil }
        let first = try #require(fake.processID)
        let child = try #require(fake.childProcessID)
        #expect(FakeRunner.isRunning(first) && FakeRunner.isRunning(child))
        // Signals that reach every process of a job are not for it.
        #expect(kill(first, SIGTERM) == 0)
        usleep(50_000)
        #expect(FakeRunner.isRunning(first))
        driver?.runner.kill("a test")
        try driver?.wait { _ in driver?.deaths.count == 1 }
        #expect(driver?.deaths == ["the runner died: the worker ended it: a test"])
        #expect(!FakeRunner.isRunning(first) && !FakeRunner.isRunning(child))
        try driver?.wait { $0.last == .ready(deviceClass: "fake") }
        let second = try #require(fake.processID)
        #expect(second != first && FakeRunner.isRunning(second))
        driver = nil
        #expect(!FakeRunner.isRunning(second))
    }
}
