package import Scheduling
package import WireProtocol
package import ZeroMQ

/// What a client needs to be let in where a coordinator uses keys.
package struct ClientKeys: Hashable, Sendable {
    /// The coordinator's public key; nobody else is talked to.
    package let server: CurveKey
    /// Who this client is.
    package let own: CurveKeyPair

    package init(server: CurveKey, own: CurveKeyPair) {
        self.server = server
        self.own = own
    }
}

/// A conversation with a coordinator: one request, one answer.
///
/// A request without an answer is sent again until the time is over; every request may arrive twice
/// and does the same then. Belongs to one thread, as its socket does.
package final class FarmClient {
    /// How long a request waits for its answer in all.
    package var patience = Duration.seconds(10)
    /// Asked several times a second; true ends a wait at once.
    package var isInterrupted: () -> Bool = { false }

    private let socket: Socket
    private let monitor: SocketMonitor
    private var brokenHandshakes = 0
    private let endpoint: String
    private let hello: Hello
    private var sequence: UInt64 = 0

    private static let wait = Duration.milliseconds(50)
    private static let repetition = Duration.seconds(2)
    /// Pages of a list that are read; a coordinator keeps far fewer jobs and workers.
    private static let pagesMax = 10_000

    /// Connects, which succeeds whether or not somebody is there.
    ///
    /// - Parameters:
    ///   - context: The process's context.
    ///   - endpoint: The coordinator's control socket.
    ///   - keys: Of a farm with keys; nil for one without.
    ///   - software: This program's version, for the coordinator's log.
    /// - Throws: `FarmClientError` if the endpoint is malformed.
    package init(
        context: Context,
        endpoint: String,
        keys: ClientKeys? = nil,
        software: String = ""
    ) throws(FarmClientError) {
        self.endpoint = endpoint
        var options = SocketOptions()
        options.receiveTimeout = Self.wait
        options.sendTimeout = Self.wait
        options.frameBytesLimit = WireLimits.envelopeBytes
        // A request for a coordinator that is away is not kept for it: it is sent again.
        options.immediate = true
        options.connectTimeout = .seconds(5)
        options.reconnect = SocketOptions.Reconnect(
            base: .milliseconds(100),
            longest: .milliseconds(1000)
        )
        options.heartbeat = SocketOptions.Heartbeat(interval: .seconds(2), timeout: .seconds(6))
        options.curve = keys.map { .client(serverKey: $0.server, keys: $0.own) }
        do {
            socket = try Socket(.dealer, in: context, options: options)
            monitor = try SocketMonitor(socket)
            try socket.connect(endpoint)
        } catch {
            throw FarmClientError(.cannotConnect, "\(endpoint): \(error)")
        }
        var generator = SystemRandomNumberGenerator()
        let bootID = (0..<WireLimits.bootIDBytes).map { _ in
            UInt8.random(in: .min ... .max, using: &generator)
        }
        do {
            hello = try Hello(role: "client", software: software, bootID: bootID)
        } catch {
            preconditionFailure("the greeting of a client: \(error)")
        }
    }

    /// Asks once and waits for the answer.
    ///
    /// - Parameter body: A client's request within the protocol's limits.
    /// - Returns: The body of the answer, never a refusal.
    /// - Throws: `FarmClientError` if there is none, or if it is no.
    package func ask(_ body: EnvelopeBody) throws(FarmClientError) -> EnvelopeBody {
        do {
            try body.check()
        } catch {
            throw FarmClientError(.refused(.malformed), "the request cannot be sent: \(error)")
        }
        let greeting = nextSequence()
        let request = nextSequence()
        let messages = [
            Envelope(.hello(hello), sequence: greeting), Envelope(body, sequence: request),
        ].map { Message([$0.encoded()]) }
        let deadline = ContinuousClock.now + patience
        var lastSent: ContinuousClock.Instant?
        var excuse: FarmClientError?
        while ContinuousClock.now < deadline {
            guard !isInterrupted() else {
                throw FarmClientError(.interrupted, "interrupted while waiting for \(endpoint)")
            }
            try checkHandshake()
            if lastSent.map({ ContinuousClock.now - $0 >= Self.repetition }) ?? true {
                // The greeting goes with every repetition: a coordinator that was started again
                // does not know this connection.
                if try send(messages) { lastSent = .now }
            }
            guard let envelope = try receive() else { continue }
            switch try answer(envelope, to: request, greeting: greeting) {
            case .body(let body): return body
            case .later(let refusal): excuse = refusal
            case nil: continue
            }
        }
        throw excuse
            ?? FarmClientError(
                .noAnswer,
                "no coordinator at \(endpoint): no answer within \(patience)"
            )
    }

    private enum Answer {
        case body(EnvelopeBody)
        /// Not now: the request is repeated, and this is the reason when the time is over.
        case later(FarmClientError)
    }

    private func answer(
        _ envelope: Envelope,
        to request: UInt64,
        greeting: UInt64
    ) throws(FarmClientError) -> Answer? {
        guard case .refusal(let refusal) = envelope.body else {
            return envelope.replyTo == request ? .body(envelope.body) : nil
        }
        let refused = [refusal.refusedSequence, envelope.replyTo]
        guard refused.contains(request) || refused.contains(greeting) else { return nil }
        switch refusal.reason {
        case .version: throw FarmClientError(.otherProtocol, "\(endpoint): \(refusal.text)")
        case .unavailable:
            return .later(FarmClientError(.refused(.unavailable), "\(endpoint): \(refusal.text)"))
        default:
            // The coordinator's sentence names what it is about.
            throw FarmClientError(.refused(refusal.reason), refusal.text)
        }
    }

    private func nextSequence() -> UInt64 {
        sequence += 1
        return sequence
    }

    /// Whether all were sent; false while nobody is connected.
    private func send(_ messages: [Message]) throws(FarmClientError) -> Bool {
        do {
            for message in messages {
                guard try socket.send(message) == .sent else { return false }
            }
        } catch {
            throw FarmClientError(.cannotConnect, "\(endpoint): \(error)")
        }
        return true
    }

    private func receive() throws(FarmClientError) -> Envelope? {
        let message: Message?
        do {
            message = try socket.receive()
        } catch {
            throw FarmClientError(.otherProtocol, "\(endpoint): \(error)")
        }
        guard let frame = message?.frames.first else { return nil }
        do {
            return try Envelope(decoding: frame)
        } catch {
            throw FarmClientError(.otherProtocol, "\(endpoint): \(error)")
        }
    }
}

extension FarmClient {
    /// Submits a job; the same key submits it once, however often it is sent.
    ///
    /// - Returns: The job, which is durable.
    package func submit(
        _ request: JobRequest,
        _ job: JobSpecification
    ) throws(FarmClientError) -> JobID {
        guard case .submitted(let message) = try ask(.submit(SubmitMessage(request, job))) else {
            throw unexpectedAnswer
        }
        return message.job
    }

    /// The jobs the coordinator keeps, newest first, at most `limit`.
    package func jobs(limit: Int = .max) throws(FarmClientError) -> [JobDetails] {
        var jobs: [JobDetails] = []
        for _ in 0..<Self.pagesMax {
            let request = ListJobsMessage(before: jobs.last?.report.id)
            guard case .jobList(let page) = try ask(.listJobs(request)) else {
                throw unexpectedAnswer
            }
            jobs += page.jobs
            if !page.hasMore || page.jobs.isEmpty || jobs.count >= limit { break }
        }
        return Array(jobs.prefix(limit))
    }

    /// One job with its last events.
    package func job(_ id: JobID) throws(FarmClientError) -> JobDetails {
        guard case .jobDetails(let details) = try ask(.showJob(ShowJobMessage(id))) else {
            throw unexpectedAnswer
        }
        return details
    }

    /// Where the results of a job's units were made, in the order of the plan.
    package func units(of job: JobID) throws(FarmClientError) -> [UnitOrigin] {
        var units: [UnitOrigin] = []
        for _ in 0..<Self.pagesMax {
            let request = ListUnitsMessage(job, after: units.last?.unit)
            guard case .unitList(let page) = try ask(.listUnits(request)) else {
                throw unexpectedAnswer
            }
            units += page.units
            if !page.hasMore || page.units.isEmpty { break }
        }
        return units.sorted { $0.unit < $1.unit }
    }

    /// Returns when the command is durable.
    package func command(_ command: JobCommand, _ job: JobID) throws(FarmClientError) {
        guard case .done = try ask(.commandJob(CommandJobMessage(job, command))) else {
            throw unexpectedAnswer
        }
    }

    /// All workers the coordinator knows.
    package func workers() throws(FarmClientError) -> [WorkerReport] {
        var workers: [WorkerReport] = []
        for _ in 0..<Self.pagesMax {
            let request = ListWorkersMessage(after: workers.last?.id)
            guard case .workerList(let page) = try ask(.listWorkers(request)) else {
                throw unexpectedAnswer
            }
            workers += page.workers
            if !page.hasMore || page.workers.isEmpty { break }
        }
        return workers
    }

    /// Returns when the command is durable.
    package func command(_ command: WorkerCommand, _ worker: WorkerID) throws(FarmClientError) {
        let message = CommandWorkerMessage(worker, command)
        guard case .done = try ask(.commandWorker(message)) else { throw unexpectedAnswer }
    }

    private var unexpectedAnswer: FarmClientError {
        FarmClientError(.otherProtocol, "\(endpoint): an answer that does not fit the request")
    }

    /// A coordinator with other keys, or with none where this side has some, and the other way
    /// round, never answers; libzmq would try for ever.
    private func checkHandshake() throws(FarmClientError) {
        let events: [ConnectionEvent]
        do {
            events = try monitor.take()
        } catch {
            throw FarmClientError(.cannotConnect, "\(endpoint): \(error)")
        }
        for event in events {
            switch event.kind {
            case .handshakeSucceeded: brokenHandshakes = 0
            case .handshakeRefused:
                throw FarmClientError(
                    .keyRefused,
                    "\(endpoint): the coordinator does not let this key in; enrol it there with "
                        + "weft keys enrol"
                )
            // One may be a coordinator that was just stopped.
            case .handshakeBroken, .handshakeMalformed: brokenHandshakes += 1
            case .disconnected, .connectFailed: break
            }
        }
        guard brokenHandshakes >= Self.brokenHandshakesMax else { return }
        throw FarmClientError(
            .keyRefused,
            "\(endpoint): no handshake succeeds; check the server key, and whether the coordinator "
                + "uses keys at all"
        )
    }

    private static let brokenHandshakesMax = 3
}
