import Scheduling
import Testing
import WireProtocol
import ZeroMQ

/// The other end of a worker: two real sockets, and answers that a test may change.
final class FakeCoordinator {
    /// One context a process.
    static let context = Result { try Context() }

    private var control: PolledSocket?
    private var bulk: PolledSocket?
    private var greeted: Set<[UInt8]> = []
    let controlEndpoint: String
    let bulkEndpoint: String
    private let poller: Poller
    private var controlPeer: [UInt8]?
    private var bulkPeer: [UInt8]?
    private var sequence: UInt64 = 0

    // What it does.
    var instance: UInt64 = 1
    var farm = SpoolTests.makeFarm(1)
    var session = [UInt8](repeating: 9, count: WireLimits.sessionBytes)
    /// Whether introductions are answered.
    var welcomes = true
    /// Whether complete results are acknowledged.
    var acknowledges = true
    /// Inputs by name.
    var inputs: [String: (description: InputDescription, bytes: [UInt8])] = [:]
    /// Chunks of results to lose before any is taken.
    var lostChunks = 0

    // What it has heard, oldest first.
    private(set) var introductions: [WorkerIntroduction] = []
    private(set) var workerIDs: [WorkerID] = []
    private(set) var beats: [HeartbeatMessage] = []
    private(set) var replies: [LeaseReplyMessage] = []
    private(set) var failures: [UnitFailedMessage] = []
    private(set) var goodbyes: [String] = []
    private(set) var bulkSessions: [[UInt8]] = []
    private(set) var fetches: [FetchMessage] = []
    /// Results that came whole, as often as they came.
    private(set) var results: [(lease: Lease, bytes: [UInt8])] = []
    private var parts: [Lease: [Int: [UInt8]]] = [:]

    init(
        control: String = "tcp://127.0.0.1:*",
        bulk: String = "tcp://127.0.0.1:*",
        options: SocketOptions = SocketOptions()
    ) throws {
        let context = try Self.context.get()
        poller = Poller()
        let controlSocket = try Socket(.router, in: context, options: options)
        let bulkSocket = try Socket(.router, in: context, options: options)
        controlEndpoint = try controlSocket.bind(control)
        bulkEndpoint = try bulkSocket.bind(bulk)
        self.control = poller.add(controlSocket)
        self.bulk = poller.add(bulkSocket)
    }

    /// Ends this one and starts another at the same endpoints, which knows nobody.
    func restarted() throws -> FakeCoordinator {
        for socket in [control, bulk].compactMap({ $0 }) { poller.remove(socket) }
        (control, bulk) = (nil, nil)
        let deadline = ContinuousClock.now + .seconds(10)
        while true {
            do {
                return try FakeCoordinator(control: controlEndpoint, bulk: bulkEndpoint)
            } catch {
                // libzmq closes ports on a thread of its own.
                guard ContinuousClock.now < deadline else { throw error }
            }
        }
    }

    /// Answers whatever comes until something has happened.
    func serve(
        seconds: Double = 20,
        _ what: String = "",
        until isDone: () throws -> Bool
    ) throws {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while try !isDone() {
            try #require(ContinuousClock.now < deadline, "\(what) did not happen in time")
            try turn()
        }
    }

    /// Answers for a while.
    func serve(for time: Duration) throws {
        let end = ContinuousClock.now + time
        while ContinuousClock.now < end { try turn() }
    }

    private func turn() throws {
        _ = try poller.wait(for: .milliseconds(20))
        for message in try control?.drain(atMost: 100).messages ?? [] {
            controlPeer = message.frames[0]
            let envelope = try Envelope(decoding: message.frames[1])
            if case .hello = envelope.body {
                greeted.insert(message.frames[0])
            } else if !greeted.contains(message.frames[0]) {
                let refusal = try Refusal(.unexpected, text: "say hello", refusedSequence: 1)
                try send(.refusal(refusal))
                continue
            }
            try answerControl(envelope)
        }
        for message in try bulk?.drain(atMost: 100).messages ?? [] {
            bulkPeer = message.frames[0]
            let payload = message.frames.count > 2 ? message.frames[2] : []
            try answerBulk(try Envelope(decoding: message.frames[1]), payload)
        }
    }

    private func answerControl(_ envelope: Envelope) throws {
        switch envelope.body {
        case .introduction(let message):
            introductions.append(message.introduction)
            workerIDs.append(message.worker)
            guard welcomes else { break }
            let isOurs = message.farm == farm
            let running = message.introduction.running.map { ($0, LeaseAnswer.keep) }
            let finished = message.introduction.finished.map { ($0, LeaseAnswer.upload) }
            try send(
                .welcome(
                    WelcomeMessage(
                        instance: instance,
                        session: session,
                        answers: Dictionary(uniqueKeysWithValues: isOurs ? running + finished : []),
                        farm: farm
                    )
                )
            )
        case .heartbeat(let message): beats.append(message)
        case .leaseReply(let message): replies.append(message)
        case .unitFailed(let message): failures.append(message)
        case .goodbye(let message): goodbyes.append(message.reason)
        default: break
        }
    }

    private func answerBulk(_ envelope: Envelope, _ payload: [UInt8]) throws {
        switch envelope.body {
        case .hello(let hello): bulkSessions.append(hello.bootID)
        case .fetch(let message):
            fetches.append(message)
            guard bulkSessions.last == session else {
                return try refuse(envelope, .unexpected, "who are you?")
            }
            guard let input = inputs[message.input] else {
                return try refuse(envelope, .unknown, "no \(message.input)")
            }
            let header = try TensorHeader(
                name: message.input,
                scalarType: input.description.scalarType,
                shape: input.description.shape,
                checksum: Checksum.of(input.bytes),
                chunkIndex: message.chunk,
                chunkBytes: 64
            )
            let bytes = Array(input.bytes[header.byteRange])
            try sendBulk(.chunk(ChunkMessage(message.lease, header)), bytes)
        case .chunk(let message):
            guard bulkSessions.last == session else {
                return try refuse(envelope, .unexpected, "who are you?")
            }
            guard lostChunks == 0 else {
                lostChunks -= 1
                return
            }
            try take(message, payload)
        default: break
        }
    }

    private func take(_ message: ChunkMessage, _ payload: [UInt8]) throws {
        parts[message.lease, default: [:]][message.header.chunkIndex] = payload
        try sendBulk(.stored(StoredMessage(message.lease, chunk: message.header.chunkIndex)))
        guard let chunks = parts[message.lease], chunks.count == message.header.chunkCount else {
            return
        }
        let bytes = chunks.sorted { $0.key < $1.key }.flatMap(\.value)
        #expect(Checksum.of(bytes) == message.header.checksum)
        parts[message.lease] = nil
        results.append((message.lease, bytes))
        if acknowledges { try send(.acknowledge(AcknowledgeMessage(message.lease, .accepted))) }
    }

    private func refuse(_ envelope: Envelope, _ reason: Refusal.Reason, _ text: String) throws {
        let refusal = try Refusal(reason, text: text, refusedSequence: envelope.sequence)
        try sendBulk(.refusal(refusal))
    }

    /// Says something to the worker that was heard last.
    func send(_ body: EnvelopeBody) throws {
        sequence += 1
        try sendRaw([Envelope(body, sequence: sequence).encoded()])
    }

    func sendRaw(_ frames: [[UInt8]]) throws {
        let peer = try #require(controlPeer)
        _ = try control?.send(Message([peer] + frames))
    }

    func sendRawBulk(_ frames: [[UInt8]]) throws {
        let peer = try #require(bulkPeer)
        _ = try bulk?.send(Message([peer] + frames))
    }

    private func sendBulk(_ body: EnvelopeBody, _ payload: [UInt8]? = nil) throws {
        sequence += 1
        let frames = [Envelope(body, sequence: sequence).encoded()] + (payload.map { [$0] } ?? [])
        try sendRawBulk(frames)
    }

    /// Offers a unit whose result a `FakeRunner` makes.
    func offer(_ lease: Lease, inputs: [String] = []) throws {
        var job = JobSpecification()
        job.input = "/clip.mp4"
        job.output = "/out.mp4"
        job.model = "/models/tiny"
        job.modelFingerprint = [UInt8](repeating: 1, count: WireLimits.fingerprintBytes)
        job.width = 64
        job.height = 64
        job.contentChannels = 8
        job.prompt = "a test"
        try send(
            .offer(
                OfferMessage(
                    lease: lease,
                    order: UnitOrder(
                        frames: lease.unit.unit.kind == .content ? 0..<0 : 0..<4,
                        firstFrame: 0,
                        steps: lease.unit.unit.kind == .sample ? 0..<5 : 0..<0
                    ),
                    job: job,
                    shotFrames: 4,
                    inputs: try inputs.map { try #require(self.inputs[$0]).description },
                    result: InputDescription("latents", .float32, [2, 3])
                )
            )
        )
    }

    /// The latest word about a lease in a heartbeat.
    func progress(of lease: Lease) -> LeaseProgress? {
        beats.last?.progress.first { $0.lease == lease }
    }
}
