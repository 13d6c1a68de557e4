import Logging
import Scheduling
import WireProtocol
import ZeroMQ

/// The two sockets to the coordinator: what is on the way, under which numbers, and whether anybody
/// is there who wants this worker.
///
/// Belongs to the loop's thread. What cannot be sent at once is not queued: nobody is there, and
/// who comes back is told afresh.
final class CoordinatorConnection {
    /// Messages of one turn of the loop, from each socket.
    private static let messagesPerTurn = 64
    /// Pause between two hellos on the bulk socket.
    private static let greetingPause = Duration.seconds(1)

    /// A message that could be read.
    enum Incoming {
        case control(Envelope)
        case bulk(Envelope, payload: [UInt8]?)
        /// It could not be read; who sent it may be of another version.
        case unreadable(WireError)
    }

    private let control: ConnectedSocket
    private let bulk: ConnectedSocket
    private let logger: Logger
    private let software: String
    /// What tells this start of the process from others.
    let bootID: [UInt8]
    private var sequence: UInt64 = 0
    /// What the bulk connection is known by, from the last welcome.
    private var session: [UInt8]?
    private var isGreeted = false
    private var greetedAt: Instant?
    private(set) var handshakeFailures = 0
    private(set) var lastRefusal: ConnectionEvent.Kind?
    /// Messages that could not be read.
    private(set) var unreadableCount = 0

    /// Opens both sockets and starts to connect; the coordinator need not be there.
    ///
    /// - Throws: `ZeroMQError` if an endpoint is malformed or the context is full.
    init(
        _ configuration: WorkerConfiguration,
        software: String,
        context: Context,
        poller: Poller,
        logger: Logger
    ) throws(ZeroMQError) {
        self.logger = logger
        self.software = software
        bootID = Self.randomBytes(WireLimits.bootIDBytes)
        var options = SocketOptions()
        options.immediate = true
        options.reconnect = configuration.reconnect ?? .drawn()
        options.heartbeat = .init(interval: .seconds(2), timeout: .seconds(6))
        options.frameCountLimit = 4
        options.linger = .seconds(1)
        options.curve = configuration.keys.map {
            .client(serverKey: $0.serverKey, keys: $0.own)
        }
        options.frameBytesLimit = WireLimits.envelopeBytes
        options.sendQueueMessages = 256
        options.receiveQueueMessages = 256
        control = try ConnectedSocket(configuration.control, options, context, poller)
        options.frameBytesLimit = WireLimits.chunkBytes
        // What is on the way is bounded by what was asked for.
        options.sendQueueMessages = 16
        options.receiveQueueMessages = 16
        bulk = try ConnectedSocket(configuration.bulk, options, context, poller)
    }

    /// Sends a message on the control socket.
    ///
    /// - Returns: False if nobody is connected or it cannot be sent.
    /// - Throws: `ZeroMQError` if the context is gone.
    @discardableResult
    func send(_ body: EnvelopeBody) throws(ZeroMQError) -> Bool {
        try send(body, payload: nil, on: control) != nil
    }

    /// Sends a message on the bulk socket.
    ///
    /// - Returns: Its number, or nil if nobody is connected, there is no session yet, or the queue
    ///   is full.
    /// - Throws: `ZeroMQError` if the context is gone.
    func sendBulk(
        _ body: EnvelopeBody,
        payload: [UInt8]? = nil,
        at now: Instant
    ) throws(ZeroMQError) -> UInt64? {
        guard try greetIfNeeded(at: now) else { return nil }
        return try send(body, payload: payload, on: bulk)
    }

    /// The hello of this process on the control socket.
    ///
    /// - Returns: False if nobody is connected.
    /// - Throws: `ZeroMQError` if the context is gone.
    func sendHello() throws(ZeroMQError) -> Bool {
        try send(.hello(hello(role: "worker", bootID)))
    }

    /// The coordinator gave this session, or does not know it any more and may once it has been
    /// greeted again.
    func open(_ session: [UInt8]?) {
        guard session != self.session || session == nil else { return }
        self.session = session
        isGreeted = false
        greetedAt = nil
    }

    /// The bulk connection is unknown at the other end.
    func greetAgain() {
        isGreeted = false
    }

    /// Takes the messages that have come, as many of each socket as one turn may.
    ///
    /// - Throws: `ZeroMQError` if the context is gone.
    func receive() throws(ZeroMQError) -> [Incoming] {
        var incoming: [Incoming] = []
        for message in try drain(control) { incoming.append(read(message, isBulk: false)) }
        for message in try drain(bulk) { incoming.append(read(message, isBulk: true)) }
        return incoming
    }

    /// Looks at how connecting goes, and opens a socket afresh that libzmq has given up.
    ///
    /// - Returns: True when a connection came to be.
    /// - Throws: `ZeroMQError` if the context is gone.
    func watchHandshakes(at now: Instant) throws(ZeroMQError) -> Bool {
        var isNew = false
        for plane in [control, bulk] {
            for event in try plane.watch(at: now) {
                switch event.kind {
                case .handshakeSucceeded:
                    handshakeFailures = 0
                    lastRefusal = nil
                    isNew = true
                    // Another connection is a stranger's until it has shown the session.
                    if plane === bulk { (isGreeted, greetedAt) = (false, nil) }
                case .handshakeRefused(let status) where status >= 500:
                    // The coordinator cannot read its list of keys; it says nothing about ours.
                    logger.warning("the coordinator cannot check keys now")
                case .handshakeBroken, .handshakeMalformed, .handshakeRefused:
                    handshakeFailures += 1
                    lastRefusal = event.kind
                    logger.warning(
                        "handshake failed",
                        metadata: ["endpoint": "\(event.endpoint)", "kind": "\(event.kind)"]
                    )
                case .disconnected, .connectFailed: break
                }
            }
        }
        return isNew
    }

    // MARK: Parts

    private func greetIfNeeded(at now: Instant) throws(ZeroMQError) -> Bool {
        guard let session else { return false }
        if isGreeted { return true }
        if let greetedAt, now < greetedAt + Self.greetingPause { return false }
        guard try send(.hello(hello(role: "bulk", session)), payload: nil, on: bulk) != nil else {
            return false
        }
        isGreeted = true
        greetedAt = now
        return true
    }

    private func hello(role: String, _ bootID: [UInt8]) -> Hello {
        do {
            return try Hello(role: role, software: software, bootID: bootID)
        } catch {
            preconditionFailure("our own hello: \(error)")
        }
    }

    private func send(
        _ body: EnvelopeBody,
        payload: [UInt8]?,
        on plane: ConnectedSocket
    ) throws(ZeroMQError) -> UInt64? {
        do {
            try body.check()
        } catch {
            logger.error("a message does not fit the protocol", metadata: ["error": "\(error)"])
            return nil
        }
        let envelope = Envelope(body, sequence: sequence + 1)
        let frames = [envelope.encoded()] + (payload.map { [$0] } ?? [])
        guard try plane.socket.send(Message(frames)) == .sent else { return nil }
        sequence += 1
        return sequence
    }

    private func drain(_ plane: ConnectedSocket) throws(ZeroMQError) -> [Message] {
        let drained = try plane.socket.drain(atMost: Self.messagesPerTurn)
        for refusal in drained.refusals {
            unreadableCount += 1
            logger.debug("a message is dropped", metadata: ["error": "\(refusal)"])
        }
        return drained.messages
    }

    private func read(_ message: Message, isBulk: Bool) -> Incoming {
        do throws(WireError) {
            guard let first = message.frames.first, message.frames.count <= (isBulk ? 2 : 1) else {
                throw WireError(.malformed)
            }
            let envelope = try Envelope(decoding: first)
            guard isBulk else { return .control(envelope) }
            return .bulk(envelope, payload: message.frames.count == 2 ? message.frames[1] : nil)
        } catch {
            unreadableCount += 1
            return .unreadable(error)
        }
    }

    private static func randomBytes(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in .random(in: .min ... .max, using: &generator) }
    }
}
