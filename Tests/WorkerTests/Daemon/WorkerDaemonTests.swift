import Foundation
import Scheduling
import Tensors
import TestSupport
import Testing
import WireProtocol
import Worker
import ZeroMQ

/// A worker between a coordinator on real sockets and a runner in a real process.
@Suite(.timeLimit(.minutes(10)))
struct WorkerDaemonTests {
    /// A worker that has been welcomed, and its surroundings.
    final class Farm {
        let state: TemporaryFolder
        let runner: FakeRunner
        var coordinator: FakeCoordinator
        var worker: DaemonThread
        var configuration: WorkerConfiguration

        init(
            _ mode: String,
            change: (inout WorkerConfiguration) -> Void = { _ in }
        ) throws {
            state = try TemporaryFolder()
            runner = try FakeRunner(mode)
            coordinator = try FakeCoordinator()
            coordinator.inputs = WorkerDaemonTests.inputs
            configuration = DaemonThread.configuration(coordinator, runner, state: state)
            change(&configuration)
            worker = try DaemonThread(configuration)
            let coordinator = coordinator
            try coordinator.serve("introduction") { !coordinator.introductions.isEmpty }
        }

        var spooled: [String] {
            get throws {
                try SystemFile.names(in: state("worker/spool")).filter { $0 != "farm" }
            }
        }
    }

    static let inputs: [String: (description: InputDescription, bytes: [UInt8])] = [
        "latents": (
            InputDescription("latents", .float32, [2, 3]), [UInt8](repeating: 3, count: 24)
        ),
        "depth": (
            InputDescription("depth", .float32, [7, 11], isKept: true),
            (0..<308).map { UInt8($0 & 255) }
        ),
    ]

    static let lease = FetcherTests.lease(0)
    static let second = FetcherTests.lease(1, epoch: 2)

    @Test func `a unit is fetched, run, delivered and forgotten`() throws {
        let farm = try Farm("normal")
        let coordinator = farm.coordinator
        try coordinator.offer(Self.lease, inputs: ["latents", "depth"])
        try coordinator.serve("result") { !coordinator.results.isEmpty }
        #expect(coordinator.results.map(\.lease) == [Self.lease])
        #expect(coordinator.results[0].bytes == FakeRunner.resultBytes)
        #expect(coordinator.replies == [LeaseReplyMessage(Self.lease, .accepted)])
        #expect(coordinator.introductions[0].deviceClass == "fake")
        try coordinator.serve("the spool's end") { try farm.spooled.isEmpty }
        // What rounds share has stayed in the cache.
        let later = FetcherTests.lease(0, round: 1, epoch: 5)
        let before = coordinator.fetches.count
        try coordinator.offer(later, inputs: ["latents", "depth"])
        try coordinator.serve("second result") { coordinator.results.count == 2 }
        #expect(Set(coordinator.fetches[before...].map(\.input)) == ["latents"])
        #expect(farm.runner.starts == 1 && coordinator.failures.isEmpty)
        farm.worker.control.drain(.regular)
        try coordinator.serve("end") { farm.worker.hasEnded }
        #expect(try farm.worker.exit() == .drained)
        try coordinator.serve("goodbye") { !coordinator.goodbyes.isEmpty }
        #expect(coordinator.introductions.last?.isDraining == true)
    }

    @Test func `a lost chunk is sent again, and so is a result that is not acknowledged`() throws {
        let farm = try Farm("normal")
        let coordinator = farm.coordinator
        coordinator.lostChunks = 1
        coordinator.acknowledges = false
        try coordinator.offer(Self.lease, inputs: ["latents"])
        try coordinator.serve("two deliveries") { coordinator.results.count == 2 }
        #expect(Set(coordinator.results.map(\.lease)) == [Self.lease])
        #expect(try farm.spooled.count == 1)
        #expect(farm.runner.runs == [Self.lease])
        #expect(coordinator.progress(of: Self.lease)?.phase == .delivering)
        try coordinator.send(.acknowledge(AcknowledgeMessage(Self.lease, .duplicate)))
        try coordinator.serve("the spool's end") { try farm.spooled.isEmpty }
    }

    @Test func `a runner that crashes fails its unit and computes the next`() throws {
        let farm = try Farm("crash-once")
        let coordinator = farm.coordinator
        try coordinator.offer(Self.lease)
        try coordinator.serve("failure") { !coordinator.failures.isEmpty }
        #expect(coordinator.failures[0].lease == Self.lease)
        #expect(coordinator.failures[0].failure.failureClass == .worker)
        #expect(coordinator.failures[0].failure.reason.contains("status 9"))
        try coordinator.offer(Self.second)
        try coordinator.serve("result") { !coordinator.results.isEmpty }
        #expect(farm.runner.starts == 2 && farm.runner.runs == [Self.lease, Self.second])
    }

    @Test func `a hang shows in the heartbeats, and a withdrawn unit that hangs is killed`() throws
    {
        let farm = try Farm("hang")
        let coordinator = farm.coordinator
        try coordinator.offer(Self.lease)
        try coordinator.serve("progress") {
            coordinator.progress(of: Self.lease)?.phase == .running
        }
        let before = coordinator.beats.count
        try coordinator.serve("more heartbeats") { coordinator.beats.count > before + 3 }
        let progress = try #require(coordinator.progress(of: Self.lease))
        #expect(progress.done == 1 && progress.total == 5)
        let process = try #require(farm.runner.processID)
        try coordinator.send(.withdraw(WithdrawMessage(Self.lease)))
        try coordinator.serve("end of the process") { !FakeRunner.isRunning(process) }
        try coordinator.serve("another start") { farm.runner.starts == 2 }
        #expect(coordinator.progress(of: Self.lease) == nil && coordinator.failures.isEmpty)
    }

    @Test func `a unit that fails is reported as it failed`() throws {
        let farm = try Farm("fail")
        let coordinator = farm.coordinator
        try coordinator.offer(Self.lease)
        try coordinator.serve("failure") { !coordinator.failures.isEmpty }
        #expect(
            coordinator.failures == [UnitFailedMessage(Self.lease, UnitFailure(.unit, "NaN"))]
        )
        #expect(farm.runner.starts == 1)
    }

    @Test func `a result that is none is a failure of this worker, and is not sent`() throws {
        let farm = try Farm("bad-result")
        let coordinator = farm.coordinator
        try coordinator.offer(Self.lease)
        try coordinator.serve("failure") { !coordinator.failures.isEmpty }
        #expect(coordinator.failures[0].failure.failureClass == .worker)
        #expect(coordinator.results.isEmpty)
        #expect(try farm.spooled.isEmpty)
    }

    @Test func `an input that the coordinator has not gives the unit up`() throws {
        let farm = try Farm("normal")
        let coordinator = farm.coordinator
        try coordinator.offer(Self.lease, inputs: ["latents"])
        coordinator.inputs = [:]
        try coordinator.serve("failure") { !coordinator.failures.isEmpty }
        #expect(
            coordinator.failures[0].failure == UnitFailure(.infrastructure, "no latents")
        )
        #expect(farm.runner.runs.isEmpty)
    }

    @Test func `a restarted coordinator is told what runs and what is finished`() throws {
        let farm = try Farm("wait")
        var coordinator = farm.coordinator
        try coordinator.offer(Self.lease)
        try coordinator.offer(Self.second, inputs: ["depth"])
        try coordinator.serve("run") { coordinator.progress(of: Self.lease)?.phase == .running }
        coordinator = try coordinator.restarted()
        farm.coordinator = coordinator
        coordinator.inputs = Self.inputs
        coordinator.instance = 2
        coordinator.session = [UInt8](repeating: 4, count: WireLimits.sessionBytes)
        try coordinator.serve("introduction") { !coordinator.introductions.isEmpty }
        #expect(coordinator.introductions[0].running == [Self.lease, Self.second])
        #expect(coordinator.introductions[0].finished == [])
        #expect(farm.runner.runs == [Self.lease])
    }

    @Test func `a worker that is started again offers what it had finished`() throws {
        let farm = try Farm("normal")
        var coordinator = farm.coordinator
        coordinator.acknowledges = false
        try coordinator.offer(Self.lease)
        try coordinator.serve("result") { !coordinator.results.isEmpty }
        // Nobody answers any more: it leaves at once, and the result stays.
        farm.worker.control.drain(.expedited)
        try coordinator.serve("end") { farm.worker.hasEnded }
        #expect(try farm.worker.exit() == .interrupted)
        #expect(try farm.spooled.count == 1)
        coordinator = try FakeCoordinator()
        farm.configuration.control = coordinator.controlEndpoint
        farm.configuration.bulk = coordinator.bulkEndpoint
        farm.worker = try DaemonThread(farm.configuration)
        try coordinator.serve("result") { !coordinator.results.isEmpty }
        #expect(coordinator.introductions[0].finished == [Self.lease])
        #expect(coordinator.results[0].bytes == FakeRunner.resultBytes)
        try coordinator.serve("the spool's end") { try farm.spooled.isEmpty }
        #expect(farm.runner.runs == [Self.lease])
    }

    @Test func `results and units of one farm are not offered to another`() throws {
        let farm = try Farm("wait-second")
        var coordinator = farm.coordinator
        coordinator.acknowledges = false
        try coordinator.offer(Self.lease)
        try coordinator.serve("result") { !coordinator.results.isEmpty }
        try coordinator.offer(Self.second)
        try coordinator.serve("run") { coordinator.progress(of: Self.second)?.phase == .running }
        let process = try #require(farm.runner.processID)
        // Another farm answers at the same place; its leases bear the same names.
        func move(to id: FarmID) throws {
            coordinator = try coordinator.restarted()
            farm.coordinator = coordinator
            coordinator.farm = id
            coordinator.inputs = Self.inputs
            coordinator.session = [UInt8](repeating: id.bytes[0], count: WireLimits.sessionBytes)
            try coordinator.serve("two introductions") { coordinator.introductions.count == 2 }
        }
        try move(to: SpoolTests.makeFarm(2))
        #expect(coordinator.introductions[1].finished == [])
        #expect(coordinator.introductions[1].running == [])
        try coordinator.serve("end of the process") { !FakeRunner.isRunning(process) }
        try coordinator.offer(Self.lease)
        try coordinator.serve("its own result") { !coordinator.results.isEmpty }
        try coordinator.serve("the end of its spool") { try farm.spooled.count == 1 }
        #expect(coordinator.failures.isEmpty)
        // Back at the first, what was finished is still there.
        try move(to: SpoolTests.makeFarm(1))
        #expect(coordinator.introductions[1].finished == [Self.lease])
        try coordinator.serve("result") { !coordinator.results.isEmpty }
        #expect(coordinator.results[0].lease == Self.lease)
        try coordinator.serve("the spool's end") { try farm.spooled.isEmpty }
    }

    @Test func `a regular drain finishes what runs and gives back the rest`() throws {
        let farm = try Farm("wait")
        let coordinator = farm.coordinator
        try coordinator.offer(Self.lease)
        try coordinator.offer(Self.second)
        try coordinator.serve("run") { coordinator.progress(of: Self.lease)?.phase == .running }
        farm.worker.control.drain(.regular)
        try coordinator.serve("give-back") {
            coordinator.replies.contains(LeaseReplyMessage(Self.second, .returned))
        }
        #expect(coordinator.introductions.last?.isDraining == true)
        try coordinator.offer(FetcherTests.lease(2, epoch: 3))
        try coordinator.serve("decline") { coordinator.replies.last?.reply == .declined }
        #expect(!farm.worker.hasEnded)
        // Faster: the running one is given back, too, and its process does not outlive the worker.
        farm.worker.control.drain(.expedited)
        try coordinator.serve("end") { farm.worker.hasEnded }
        #expect(coordinator.replies.contains(LeaseReplyMessage(Self.lease, .returned)))
        #expect(try farm.worker.exit() == .interrupted)
        let process = try #require(farm.runner.processID)
        #expect(!FakeRunner.isRunning(process))
    }

    @Test func `a worker whose time is over leaves so that another is started`() throws {
        let farm = try Farm("normal") { configuration in
            configuration.lifetime = .seconds(3)
            configuration.lifetimeMargin = .seconds(2)
        }
        try farm.coordinator.serve("end") { farm.worker.hasEnded }
        #expect(try farm.worker.exit() == .interrupted)
        #expect(farm.coordinator.introductions.last?.isDraining == true)
    }

    @Test func `without a coordinator for long the worker ends`() throws {
        let state = try TemporaryFolder()
        let runner = try FakeRunner("normal")
        var configuration = DaemonThread.configuration(
            try FakeCoordinator(),
            runner,
            state: state
        )
        configuration.times.orphanTimeout = .seconds(1)
        let worker = try DaemonThread(configuration)
        #expect(try worker.wait() == .orphaned)
    }

    @Test func `a key that is let in as something else ends the worker with a sentence`() throws {
        let state = try TemporaryFolder()
        let coordinator = try FakeCoordinator()
        coordinator.welcomes = false
        let worker = try DaemonThread(
            DaemonThread.configuration(coordinator, try FakeRunner("normal"), state: state)
        )
        try coordinator.serve("introduction") { !coordinator.introductions.isEmpty }
        let refusal = try Refusal(
            .forbidden,
            text: "this key is not enrolled as a worker",
            refusedSequence: 1
        )
        try coordinator.send(.refusal(refusal))
        try coordinator.serve("end") { worker.hasEnded }
        let error = #expect(throws: WorkerError.self) { try worker.wait() }
        #expect(error?.code == .keyRefused)
        #expect(error?.description.contains("not enrolled as a worker") == true)
    }

    @Test func `a runner that does not start ends the worker with a sentence`() throws {
        let state = try TemporaryFolder()
        let runner = try FakeRunner("unready")
        let configuration = DaemonThread.configuration(
            try FakeCoordinator(),
            runner,
            state: state
        )
        let worker = try DaemonThread(configuration)
        let error = #expect(throws: WorkerError.self) { try worker.wait() }
        #expect(error?.code == .runner)
        #expect(error?.description.contains("status 3") == true)
        #expect(runner.starts == WorkerDaemon.failedStartsMax)
    }

    @Test func `no byte of the coordinator ends the worker or stops its work`() throws {
        let farm = try Farm("normal")
        let coordinator = farm.coordinator
        try coordinator.offer(Self.lease, inputs: ["latents"])
        try coordinator.serve("result") { coordinator.results.count == 1 }
        var generator = SeededGenerator(seed: 3)
        let offer = Envelope(
            .withdraw(WithdrawMessage(FetcherTests.lease(7, epoch: 70))),
            sequence: 1
        ).encoded()
        for _ in 0..<300 {
            var bytes = offer
            for _ in 0..<3 {
                bytes[.random(in: 0..<bytes.count, using: &generator)] = .random(
                    in: 0...255,
                    using: &generator
                )
            }
            try coordinator.sendRaw([bytes])
            try coordinator.sendRawBulk([bytes, bytes])
            try coordinator.serve(for: .milliseconds(1))
        }
        try coordinator.sendRaw([[]])
        try coordinator.sendRaw([[], [], [], [], [], []])
        // Beyond the limit: libzmq cuts the connection, which then is made again.
        try coordinator.sendRaw([[UInt8](repeating: 0, count: WireLimits.envelopeBytes + 1)])
        try coordinator.serve(for: .milliseconds(500))
        let before = coordinator.beats.count
        try coordinator.serve("heartbeats") { coordinator.beats.count > before + 2 }
        #expect(!farm.worker.hasEnded)
        try coordinator.offer(Self.second, inputs: ["latents"])
        try coordinator.serve("result") { coordinator.results.last?.lease == Self.second }
    }

    @Test func `a coordinator of another version ends the worker, unless it was welcomed before`()
        throws
    {
        // The first field is the version, the first of it the major number.
        let future: [UInt8] = [0x0A, 0x02, 0x08, 0x63, 0x10, 0x01]
        #expect(throws: WireError(.unsupportedVersion(ProtocolVersion(major: 99, minor: 0)))) {
            try Envelope(decoding: future)
        }
        let farm = try Farm("normal")
        try farm.coordinator.offer(Self.lease)
        try farm.coordinator.serve("result") { !farm.coordinator.results.isEmpty }
        try farm.coordinator.sendRaw([future])
        try farm.coordinator.serve(for: .milliseconds(300))
        #expect(!farm.worker.hasEnded)

        let state = try TemporaryFolder()
        let coordinator = try FakeCoordinator()
        coordinator.welcomes = false
        let runner = try FakeRunner("normal")
        let worker = try DaemonThread(
            DaemonThread.configuration(coordinator, runner, state: state)
        )
        try coordinator.serve("introduction") { !coordinator.introductions.isEmpty }
        try coordinator.sendRaw([future])
        try coordinator.serve("end") { worker.hasEnded }
        let error = #expect(throws: WorkerError.self) { try worker.exit() }
        #expect(error?.code == .versionMismatch)
    }

    @Test func `keys that do not fit end the worker with advice`() throws {
        let server = try CurveKeyPair.generate()
        var options = SocketOptions()
        options.curve = .server(server, domain: "test")
        // Nobody answers for the domain: libzmq then refuses every key.
        let coordinator = try FakeCoordinator(options: options)
        func end(_ keys: WorkerConfiguration.Keys?) throws -> WorkerError? {
            let state = try TemporaryFolder()
            let runner = try FakeRunner("normal")
            var configuration = DaemonThread.configuration(coordinator, runner, state: state)
            configuration.keys = keys
            configuration.handshakeFailuresMax = 3
            let worker = try DaemonThread(configuration)
            try coordinator.serve("end") { worker.hasEnded }
            return #expect(throws: WorkerError.self) { try worker.exit() }
        }
        let wrong = try CurveKeyPair.generate().publicKey
        let error = try end(.init(serverKey: wrong, own: .generate()))
        #expect(error?.code == .keyRefused)
        #expect(error?.description.contains("check server key") == true)
        let keyless = try end(nil)
        #expect(keyless?.code == .keyRefused)
        #expect(keyless?.description.contains("wants keys") == true)
        #expect(coordinator.introductions.isEmpty)
    }

    @Test func `two workers do not share a folder`() throws {
        let farm = try Farm("normal")
        let second = try DaemonThread(farm.configuration)
        let error = #expect(throws: WorkerError.self) { try second.wait() }
        #expect(error?.code == .configuration)
        #expect(!farm.worker.hasEnded)
    }
}
