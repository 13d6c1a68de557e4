import Foundation
import Scheduling
import Tensors
import TestSupport
import Testing
import WireProtocol
import Worker
import ZeroMQ

/// `weft worker` as a process, between a coordinator on real sockets and its own runner.
@Suite(.timeLimit(.minutes(10)))
struct WorkerProcessTests {
    static let lease = Lease(
        UnitKey(job: JobID(1), shot: 0, unit: UnitID(.content)),
        Epoch(instance: 1, number: 1)
    )

    static func start(
        _ coordinator: FakeCoordinator,
        _ state: TemporaryFolder,
        _ more: [String] = []
    ) throws -> RunningProgram {
        try Program.start(
            [
                "worker", "--connect", coordinator.controlEndpoint,
                "--connect-bulk", coordinator.bulkEndpoint, "--state", state("worker"),
                "--sampler", "stub:10ms",
            ] + more
        )
    }

    /// Runs the unit up to the delivery of its result, which is not acknowledged.
    static func deliver(_ coordinator: FakeCoordinator) throws {
        coordinator.acknowledges = false
        try coordinator.serve("introduction") { !coordinator.introductions.isEmpty }
        try coordinator.offer(lease)
        try coordinator.serve("result") { !coordinator.results.isEmpty }
    }

    @Test func `a killed worker offers again what it had finished`() throws {
        let state = try TemporaryFolder()
        let coordinator = try FakeCoordinator()
        var program = try Self.start(coordinator, state)
        try Self.deliver(coordinator)
        program.signal(SIGKILL)
        #expect(try program.outcome().status == -SIGKILL)
        let before = coordinator.introductions.count
        coordinator.acknowledges = true
        program = try Self.start(coordinator, state)
        try coordinator.serve("result") { coordinator.results.count == 2 }
        #expect(coordinator.introductions[before].finished == [Self.lease])
        #expect(coordinator.results[0].bytes == coordinator.results[1].bytes)
        try coordinator.serve("the spool's end") {
            try SystemFile.names(in: state("worker/spool")) == ["farm"]
        }
        // Nothing is held any more: even a fast drain is a clean one.
        program.signal(SIGTERM)
        try coordinator.serve("end") { !program.isRunning }
        #expect(try program.outcome().status == 0)
        try coordinator.serve("goodbye") { !coordinator.goodbyes.isEmpty }
    }

    @Test func `SIGUSR1 drains; the result that nobody acknowledges is kept, and the exit says so`()
        throws
    {
        let state = try TemporaryFolder()
        let coordinator = try FakeCoordinator()
        let program = try Self.start(coordinator, state, ["--drain-grace", "1"])
        try Self.deliver(coordinator)
        program.signal(SIGUSR1)
        try coordinator.serve("end") { !program.isRunning }
        #expect(coordinator.introductions.last?.isDraining == true)
        #expect(try program.outcome().status == 75)
        #expect(try SystemFile.names(in: state("worker/spool")).count == 2)
    }

    @Test func `a worker without a coordinator asks to be started again`() throws {
        let state = try TemporaryFolder()
        let program = try Program.start([
            "worker", "--connect", "tcp://127.0.0.1:1", "--state", state("worker"),
            "--sampler", "stub:10ms", "--orphan-timeout", "1",
        ])
        let outcome = try program.outcome()
        #expect(outcome.status == 75)
        #expect(outcome.errors.contains("no coordinator for"))
    }

    @Test func `a wrong server key is told to the operator`() throws {
        let folder = try TemporaryFolder()
        let server = try CurveKeyPair.generate()
        var options = SocketOptions()
        options.curve = .server(server, domain: "test")
        let coordinator = try FakeCoordinator(options: options)
        let own = folder("own.secret")
        let made = try Program.run(["keys", "generate", "--out", own])
        #expect(made.status == 0, "\(made.errors)")
        let strange = try folder.write(
            try CurveKeyPair.generate().publicKey.z85 + "\n",
            to: "strange.public"
        )
        let program = try Self.start(
            coordinator,
            folder,
            ["--key-file", own, "--server-key-file", strange]
        )
        try coordinator.serve(seconds: 60, "end") { !program.isRunning }
        let outcome = try program.outcome()
        #expect(outcome.status == 77)
        #expect(outcome.errors.contains("check server key"))
        #expect(coordinator.introductions.isEmpty)
    }

    @Test func `the runner does not outlive a killed worker`() throws {
        let state = try TemporaryFolder()
        let coordinator = try FakeCoordinator()
        let program = try Self.start(coordinator, state, ["--log-format", "text"])
        try coordinator.serve("introduction") { !coordinator.introductions.isEmpty }
        let line = try #require(
            try program.errors.split(separator: "\n").first { $0.contains("runner.pid=") }
        )
        let number = try #require(
            line.components(separatedBy: "runner.pid=").last?.prefix {
                $0.isNumber
            }
        )
        let runner = try #require(Int32(number))
        #expect(FakeRunner.isRunning(runner))
        program.signal(SIGKILL)
        _ = try program.outcome()
        try coordinator.serve("end of the runner") { !FakeRunner.isRunning(runner) }
    }
}
