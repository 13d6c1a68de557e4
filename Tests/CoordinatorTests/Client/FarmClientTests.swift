import Coordinator
import Foundation
import Scheduling
import Synchronization
import TestSupport
import Testing
import WireProtocol
import ZeroMQ

/// The client against a router that says what the test wants it to say.
struct FarmClientTests {
    /// What a script does with a request: the bodies it answers, each with the number it answers.
    typealias Script = @Sendable (Envelope, Int) -> [(EnvelopeBody, replyTo: UInt64)]

    /// A router on a thread of its own until it is let go.
    private final class ScriptedCoordinator: Sendable {
        let endpoint: String
        let requests = Mutex<[Envelope]>([])
        private let isStopped = Atomic<Bool>(false)
        private let ended = DispatchSemaphore(value: 0)

        init(_ context: Context, in folder: TemporaryFolder, _ script: @escaping Script) throws {
            var options = SocketOptions()
            options.receiveTimeout = .milliseconds(20)
            let socket = try Socket(.router, in: context, options: options)
            endpoint = try socket.bind("ipc://\(folder("socket"))")
            let holder = Mutex<Socket?>(socket)
            Thread.detachNewThread { [self] in
                defer { ended.signal() }
                guard let socket = holder.withLock({ $0.take() }) else { return }
                var sequence: UInt64 = 0
                while !isStopped.load(ordering: .relaxed) {
                    guard let message = try? socket.receive(), message.frames.count == 2,
                        let envelope = try? Envelope(decoding: message.frames[1])
                    else { continue }
                    if case .hello = envelope.body { continue }
                    let count = requests.withLock {
                        $0.append(envelope)
                        return $0.count
                    }
                    for (body, replyTo) in script(envelope, count) {
                        sequence += 1
                        let answer = Envelope(body, sequence: sequence, replyTo: replyTo)
                        _ = try? socket.send(Message([message.frames[0], answer.encoded()]))
                    }
                }
            }
        }

        func stop() {
            isStopped.store(true, ordering: .relaxed)
            ended.wait()
        }
    }

    /// A coordinator with a script, for as long as a client talks to it.
    private struct Conversation {
        var patience: Duration
        let script: Script

        /// What the coordinator was asked while `body` ran.
        func hold(_ body: (FarmClient) throws -> Void) throws -> [Envelope] {
            let context = try Context()
            let folder = try TemporaryFolder()
            let coordinator = try ScriptedCoordinator(context, in: folder, script)
            defer { coordinator.stop() }
            let client = try FarmClient(context: context, endpoint: coordinator.endpoint)
            client.patience = patience
            try body(client)
            return coordinator.requests.withLock { $0 }
        }
    }

    private func conversation(
        patience: Duration = .seconds(10),
        _ script: @escaping Script
    ) -> Conversation {
        Conversation(patience: patience, script: script)
    }

    private func code(_ body: () throws -> Void) -> FarmClientError.Code? {
        do {
            try body()
            return nil
        } catch {
            return (error as? FarmClientError)?.code
        }
    }

    @Test func `an answer is the one to this request`() throws {
        let requests = try conversation({ envelope, _ in
            [
                (.jobDetails(Jobs.details(.failed)), envelope.sequence + 7),
                (.jobDetails(Jobs.finished()), envelope.sequence),
            ]
        }).hold { client throws in
            #expect(try client.job(JobID(17)) == Jobs.finished())
            #expect(try client.job(JobID(17)).report.state == .done)
        }
        #expect(
            requests.map(\.body) == Array(repeating: .showJob(ShowJobMessage(JobID(17))), count: 2)
        )
    }

    @Test func `a request without an answer is sent again, the same`() throws {
        let request = JobRequest(idempotencyKey: "once")
        var job = JobSpecification()
        job.modelFingerprint = [UInt8](repeating: 1, count: 32)
        (job.input, job.output, job.model) = ("/in", "/out", "/model")
        job.prompt = "clay"
        (job.width, job.height, job.contentChannels) = (64, 64, 32)
        let requests = try conversation({ envelope, count in
            count == 1 ? [] : [(.submitted(SubmittedMessage(JobID(3))), envelope.sequence)]
        }).hold { client throws in
            #expect(try client.submit(request, job) == JobID(3))
        }
        #expect(requests.count == 2 && Set(requests).count == 1)
    }

    @Test func `silence ends when the time is over`() throws {
        _ = try conversation(patience: .milliseconds(300), { _, _ in [] }).hold { client throws in
            #expect(code { _ = try client.workers() } == .noAnswer)
        }
    }

    @Test func `nobody there is no coordinator, by name`() throws {
        let folder = try TemporaryFolder()
        let endpoint = "ipc://\(folder("nobody"))"
        let client = try FarmClient(context: try Context(), endpoint: endpoint)
        client.patience = .milliseconds(200)
        #expect {
            _ = try client.jobs()
        } throws: { error in
            "\(error)".hasPrefix("no coordinator at \(endpoint)")
        }
    }

    @Test func `an endpoint that is none cannot be connected to`() throws {
        let context = try Context()
        #expect(
            code { _ = try FarmClient(context: context, endpoint: "nowhere") } == .cannotConnect
        )
    }

    @Test(arguments: Refusal.Reason.allCases)
    func `a refusal is a sentence and a reason`(reason: Refusal.Reason) throws {
        _ = try conversation(
            patience: .milliseconds(300),
            { envelope, _ in
                let refusal = Refusal(
                    reason,
                    clipping: "no such job",
                    refusedSequence: envelope.sequence
                )
                return [(.refusal(refusal), 0)]
            }
        ).hold { client throws in
            let expected: FarmClientError.Code =
                reason == .version ? .otherProtocol : .refused(reason)
            #expect(code { try client.command(.cancel, JobID(9)) } == expected)
        }
    }

    @Test func `a coordinator that is busy is asked again`() throws {
        let requests = try conversation({ envelope, count in
            let refusal = Refusal(
                .unavailable,
                clipping: "later",
                refusedSequence: envelope.sequence
            )
            return count < 2
                ? [(.refusal(refusal), envelope.sequence)]
                : [(.done(DoneMessage()), envelope.sequence)]
        }).hold { client throws in
            try client.command(.drain, WorkerID("w"))
        }
        #expect(requests.count == 2)
    }

    @Test func `lists are read page by page`() throws {
        _ = try conversation({ envelope, _ in
            guard case .listJobs(let request) = envelope.body else { return [] }
            let isFirst = request.before == nil
            let page = JobListMessage(jobs: [Jobs.details(), Jobs.details()], hasMore: isFirst)
            return [(.jobList(page), envelope.sequence)]
        }).hold { client throws in
            #expect(try client.jobs().count == 4)
            #expect(try client.jobs(limit: 1).count == 1)
        }
    }

    @Test func `an answer of another kind is another protocol`() throws {
        _ = try conversation({ envelope, _ in [(.done(DoneMessage()), envelope.sequence)] }).hold {
            client throws in
            #expect(code { _ = try client.workers() } == .otherProtocol)
        }
    }

    @Test func `an interrupted wait ends at once`() throws {
        _ = try conversation({ _, _ in [] }).hold { client throws in
            client.isInterrupted = { true }
            #expect(code { _ = try client.workers() } == .interrupted)
        }
    }

    @Test func `a request beyond the limits is refused before it is sent`() throws {
        let requests = try conversation({ _, _ in [] }).hold { client throws in
            var job = JobSpecification()
            job.input = String(repeating: "x", count: 300_000)
            let request = JobRequest(idempotencyKey: "k")
            #expect(code { _ = try client.submit(request, job) } == .refused(.malformed))
        }
        #expect(requests.isEmpty)
    }
}
