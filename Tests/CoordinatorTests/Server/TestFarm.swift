import Coordinator
import Foundation
import Logging
import Scheduling
import Synchronization
import TestSupport
import WireProtocol
import ZeroMQ

/// A coordinator on a thread of this process, with its state in a folder that goes away.
final class TestFarm {
    /// libzmq wants one context in a process, and the tests are one.
    static let context: Context = {
        do {
            return try Context(socketLimit: 4096)
        } catch {
            preconditionFailure("no context: \(error)")
        }
    }()

    let folder: TemporaryFolder
    var configuration: CoordinatorConfiguration
    private var server: CoordinatorServer?
    private var ended: DispatchSemaphore?
    private let outcome = Outcome()

    final class Outcome: Sendable {
        let value = Mutex<Result<ExitReason, any Error>?>(nil)
    }

    init(_ change: (inout CoordinatorConfiguration) -> Void = { _ in }) throws {
        folder = try TemporaryFolder()
        configuration = CoordinatorConfiguration(
            stateFolder: folder("state"),
            controlEndpoint: "ipc://\(folder("c"))",
            bulkEndpoint: "ipc://\(folder("b"))",
            usesKeys: false
        )
        configuration.freeBytesMin = 0
        change(&configuration)
    }

    deinit {
        stop()
    }

    /// Starts the coordinator; returns when it listens.
    func start() throws {
        var logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        if ProcessInfo.processInfo.environment["WEFT_TEST_LOG"] != nil {
            logger = Logger(label: "coordinator") { StreamLogHandler.standardError(label: $0) }
            logger.logLevel = .debug
        }
        let server = try CoordinatorServer(configuration, context: Self.context, logger: logger)
        let ready = DispatchSemaphore(value: 0)
        let ended = DispatchSemaphore(value: 0)
        self.server = server
        self.ended = ended
        let outcome = outcome
        outcome.value.withLock { $0 = nil }
        Thread.detachNewThread {
            let result = Result<ExitReason, any Error> {
                try server.run { _ in ready.signal() }
            }
            outcome.value.withLock { $0 = result }
            ready.signal()
            ended.signal()
        }
        ready.wait()
        if case .failure(let error) = result { throw error }
    }

    /// How the run ended; nil while it runs.
    var result: Result<ExitReason, any Error>? { outcome.value.withLock { $0 } }

    var endpoints: CoordinatorServer.Endpoints? { server?.endpoints }

    /// Ends the run; returns when it has ended.
    func stop() {
        server?.stop()
        ended?.wait()
        server = nil
        ended = nil
    }

    /// Waits for the run to end by itself.
    func waitForEnd() -> Result<ExitReason, any Error>? {
        _ = ended?.wait(timeout: .now() + 10)
        ended?.signal()
        return result
    }

    // MARK: Clients

    func peer(_ plane: Plane = .control) throws -> TestPeer {
        try TestPeer(
            Self.context,
            plane == .control ? configuration.controlEndpoint : configuration.bulkEndpoint
        )
    }

    func client() throws -> TestPeer {
        let peer = try peer()
        try peer.hello("client")
        return peer
    }

    func worker(_ name: String, _ faults: FakeWorker.Faults = .init()) -> FakeWorker {
        let worker = FakeWorker(name)
        worker.start(
            Self.context,
            control: configuration.controlEndpoint,
            bulk: configuration.bulkEndpoint,
            faults: faults
        )
        return worker
    }

    /// A small job over a clip that is made for it: 20 frames, 4 windows, 3 rounds.
    func job(_ output: String = "out.mkv") throws -> JobSpecification {
        let clip = folder("in.y4m")
        if !FileManager.default.fileExists(atPath: clip) {
            let bytes = SyntheticMedia.y4m(width: 32, height: 32, frames: 20)
            _ = try folder.write(bytes, to: "in.y4m")
        }
        var job = JobSpecification()
        job.input = clip
        job.output = folder(output)
        job.codec = "ffv1"
        job.copiesSound = false
        job.model = "/models/none"
        job.modelFingerprint = [UInt8](repeating: 1, count: WireLimits.fingerprintBytes)
        (job.width, job.height) = (32, 32)
        job.contentChannels = 8
        job.prompt = "a test"
        job.steps = 3
        (job.window, job.overlap) = (8, 4)
        job.fuseUntil = 1
        job.chunkFrames = 6
        return job
    }

    func submit(_ job: JobSpecification, key: String = "key", priority: Int = 0) throws -> JobID {
        let request = JobRequest(idempotencyKey: key, name: "test", priority: priority)
        let answer = try client().ask(.submit(SubmitMessage(request, job)))
        guard case .submitted(let message)? = answer else {
            throw TestFarmError("submit was answered by \(String(describing: answer))")
        }
        return message.job
    }

    func show(_ job: JobID, _ client: TestPeer? = nil) throws -> JobDetails {
        let answer = try (client ?? self.client()).ask(.showJob(ShowJobMessage(job)))
        guard case .jobDetails(let details)? = answer else {
            throw TestFarmError("show was answered by \(String(describing: answer))")
        }
        return details
    }

    func command(_ job: JobID, _ command: JobCommand) throws -> EnvelopeBody? {
        try client().ask(.commandJob(CommandJobMessage(job, command)))
    }

    /// Waits until a job is as a condition wants it.
    @discardableResult
    func wait(
        for job: JobID,
        asking asked: TestPeer? = nil,
        patience: Duration = .seconds(30),
        until condition: (JobDetails) -> Bool
    ) throws -> JobDetails {
        let client = try asked ?? client()
        let end = ContinuousClock.now + patience
        while true {
            let details = try show(job, client)
            if condition(details) { return details }
            guard ContinuousClock.now < end else {
                throw TestFarmError("\(job) is still \(details.report)")
            }
            Thread.sleep(forTimeInterval: 0.02)
        }
    }
}

struct TestFarmError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
