import Synchronization
import TestSupport
import Testing
import ZeroMQ

/// Contexts that used CURVE are kept: closing one can disturb another in libzmq 4.3.4.
private let kept = Mutex<[Context]>([])

/// A context for one test of encrypted connections, which lasts as long as the process.
func lastingContext() throws -> Context {
    let context = try Context()
    kept.withLock { $0.append(context) }
    return context
}

/// A guarded router and what it takes to connect to it.
struct GuardedListener {
    let context: Context
    let serverKeys: CurveKeyPair
    let polled: PolledSocket
    let monitor: SocketMonitor
    let endpoint: String

    init(
        _ context: Context,
        domain: String = "farm",
        changing: (inout SocketOptions) -> Void = { _ in }
    )
        throws
    {
        self.context = context
        serverKeys = try .generate()
        var options = SocketOptions()
        options.receiveTimeout = .seconds(10)
        options.curve = .server(serverKeys, domain: domain)
        changing(&options)
        polled = Poller().add(try Socket(.router, in: context, options: options))
        monitor = try SocketMonitor(polled.socket)
        endpoint = try polled.socket.bind("tcp://127.0.0.1:*")
    }

    /// A connecting dealer and what its connections come to.
    func client(
        _ keys: CurveKeyPair,
        serverKey: CurveKey? = nil
    ) throws -> (PolledSocket, SocketMonitor) {
        var options = SocketOptions()
        options.curve = .client(serverKey: serverKey ?? serverKeys.publicKey, keys: keys)
        options.immediate = true
        options.sendTimeout = .milliseconds(300)
        options.receiveTimeout = .seconds(10)
        let socket = try Socket(.dealer, in: context, options: options)
        let monitor = try SocketMonitor(socket)
        try socket.connect(endpoint)
        return (Poller().add(socket), monitor)
    }
}

/// The first event of these kinds, within ten seconds.
func firstEvent(
    _ monitor: SocketMonitor,
    _ isWanted: (ConnectionEvent.Kind) -> Bool
) throws -> ConnectionEvent.Kind? {
    let end = ContinuousClock.now.advanced(by: .seconds(10))
    while ContinuousClock.now < end {
        let events = try monitor.take(waiting: .milliseconds(500))
        if let event = events.first(where: { isWanted($0.kind) }) { return event.kind }
    }
    return nil
}

func isHandshake(_ kind: ConnectionEvent.Kind) -> Bool {
    kind != .disconnected && kind != .connectFailed
}

@Suite(.timeLimit(.minutes(10)))
struct AuthenticatorTests {
    @Test func `an enrolled key gets through, and its name is on the message, polled or not`()
        throws
    {
        let context = try lastingContext()
        let keys = try CurveKeyPair.generate()
        let authenticator = try Authenticator(context, domain: "farm") { key in
            key == keys.publicKey ? .admitted : .refused
        }
        let listener = try GuardedListener(context)
        let isEnforced = listener.polled.socket.isDomainEnforced
        #expect(isEnforced)
        let (client, monitor) = try listener.client(keys)
        #expect(try firstEvent(monitor, isHandshake) == .handshakeSucceeded)
        for isPolled in [true, false] {
            #expect(try client.socket.send(Message([[1], [2, 3]])) == .sent)
            // A wait makes libzmq fetch the message early, and the first frame then has no name.
            if isPolled { try waitForever(listener.polled.socket) }
            let message = try #require(try listener.polled.socket.receive())
            #expect(message.frames.dropFirst() == [[1], [2, 3]])
            #expect(message.userID == keys.publicKey.z85)
            #expect(try listener.polled.socket.send(Message([message.frames[0], [9]])) == .sent)
            #expect(try client.socket.receive()?.frames == [[9]])
        }
        #expect(authenticator.counts == (1, 0, 0))
    }

    /// As a poller does, for a socket that this test keeps.
    private func waitForever(_ socket: borrowing Socket) throws {
        while try !socket.hasMessage(within: .seconds(10)) {}
    }

    @Test func `a key that is not on the list is refused, and the client hears of it`() throws {
        let context = try lastingContext()
        let authenticator = try Authenticator(context, domain: "farm") { _ in .refused }
        let listener = try GuardedListener(context)
        let (client, monitor) = try listener.client(try .generate())
        #expect(try firstEvent(monitor, isHandshake) == .handshakeRefused(400))
        #expect(try client.socket.send(Message([[1]])) == .queueFull)
        #expect(authenticator.counts.refused > 0 && authenticator.counts.admitted == 0)
    }

    @Test func `while the list cannot be read everybody is refused, and told to try again`() throws
    {
        let context = try lastingContext()
        let keys = try CurveKeyPair.generate()
        let isReadable = Atomic(false)
        let authenticator = try Authenticator(context, domain: "farm") { key in
            guard isReadable.load(ordering: .relaxed) else { return .unavailable }
            return key == keys.publicKey ? .admitted : .refused
        }
        let listener = try GuardedListener(context)
        let (client, monitor) = try listener.client(keys)
        #expect(try firstEvent(monitor, isHandshake) == .handshakeRefused(500))
        #expect(try client.socket.send(Message([[1]])) == .queueFull)
        isReadable.store(true, ordering: .relaxed)
        try client.socket.reconnect(listener.endpoint)
        #expect(
            try firstEvent(monitor) { $0 == .handshakeSucceeded } == .handshakeSucceeded
        )
        #expect(authenticator.counts.admitted == 1 && authenticator.counts.unavailable > 0)
    }

    @Test func `when the authenticator is gone nobody gets in, enrolled or not`() throws {
        let context = try lastingContext()
        let keys = try CurveKeyPair.generate()
        let authenticator = try Authenticator(context, domain: "farm") { _ in .admitted }
        let listener = try GuardedListener(context)
        let (before, beforeMonitor) = try listener.client(keys)
        #expect(try firstEvent(beforeMonitor, isHandshake) == .handshakeSucceeded)
        authenticator.stop()
        let (after, afterMonitor) = try listener.client(keys)
        let event = try firstEvent(afterMonitor, isHandshake)
        #expect(event != nil && event != .handshakeSucceeded)
        #expect(try after.socket.send(Message([[1]])) == .queueFull)
        // Who is in stays in: revocation is the coordinator's to enforce, message by message.
        #expect(try before.socket.send(Message([[1]])) == .sent)
    }

    @Test func `without an authenticator nobody gets in`() throws {
        let listener = try GuardedListener(try lastingContext())
        let (client, monitor) = try listener.client(try .generate())
        let event = try firstEvent(monitor, isHandshake)
        #expect(event != nil && event != .handshakeSucceeded)
        #expect(try client.socket.send(Message([[1]])) == .queueFull)
    }

    @Test func `another domain is refused`() throws {
        let context = try lastingContext()
        let authenticator = try Authenticator(context, domain: "farm") { _ in .admitted }
        let listener = try GuardedListener(context, domain: "other")
        let (client, monitor) = try listener.client(try .generate())
        #expect(try firstEvent(monitor, isHandshake) == .handshakeRefused(400))
        #expect(try client.send(Message([[1]])) == .queueFull)
        authenticator.stop()
    }

    @Test func `a malformed request is refused or unanswered, and the next one is judged`() throws {
        let context = try lastingContext()
        let authenticator = try Authenticator(context, domain: "farm") { _ in .admitted }
        var options = SocketOptions()
        options.receiveTimeout = .seconds(10)
        let asker = try Socket(.dealer, in: context, options: options)
        try asker.connect("inproc://zeromq.zap.01")
        func text(_ text: String) -> [UInt8] { Array(text.utf8) }
        let key = [UInt8](repeating: 7, count: 32)
        let whole = [
            [], text("1.0"), [42], text("farm"), text("127.0.0.1"), [], text("CURVE"), key,
        ]
        var requests: [[[UInt8]]] = [whole + [[1]], whole.dropLast(), [[], [], []]]
        for index in 0..<whole.count where ![2, 4, 5].contains(index) {
            var changed = whole
            changed[index].append(1)
            requests.append(changed)
        }
        requests.append(Array(whole.prefix(7)) + [[]])
        requests.append(Array(whole.prefix(6)) + [text("PLAIN"), key])
        for request in [[[]], [[], []]] + requests { _ = try asker.send(Message(request)) }
        #expect(try asker.send(Message(whole)) == .sent)
        var replies: [[[UInt8]]] = []
        while true {
            let reply = try #require(try asker.receive())
            replies.append(reply.frames)
            if reply.frames[3] == text("200") { break }
        }
        #expect(replies.last?[5] == text(CurveKey(bytes: key)?.z85 ?? ""))
        #expect(replies.dropLast().allSatisfy { $0[3] == text("400") && $0[5].isEmpty })
        // All but those without a frame to answer to: no delimiter, or no request.
        #expect(replies.count == requests.count)
        authenticator.stop()
    }

    @Test func `a context has one authenticator`() throws {
        let context = try lastingContext()
        let first = try Authenticator(context, domain: "farm") { _ in .admitted }
        #expect(throws: ZeroMQError.self) {
            _ = try Authenticator(context, domain: "farm") { _ in .admitted }
        }
        first.stop()
    }

    @Test func `over an encrypted connection the limits hold too`() throws {
        let context = try lastingContext()
        let authenticator = try Authenticator(context, domain: "farm") { _ in .admitted }
        let listener = try GuardedListener(context) {
            $0.frameBytesLimit = 1000
            $0.receiveTimeout = .milliseconds(300)
        }
        let (rude, rudeMonitor) = try listener.client(try .generate())
        #expect(try firstEvent(rudeMonitor, isHandshake) == .handshakeSucceeded)
        #expect(try rude.socket.send(Message([[UInt8](repeating: 0, count: 2000)])) == .sent)
        #expect(try listener.polled.socket.receive() == nil)
        #expect(try firstEvent(rudeMonitor) { $0 == .disconnected } == .disconnected)
        let polite = try CurveKeyPair.generate()
        let (client, monitor) = try listener.client(polite)
        #expect(try firstEvent(monitor, isHandshake) == .handshakeSucceeded)
        #expect(try client.socket.send(Message([[UInt8](repeating: 0, count: 900)])) == .sent)
        #expect(try listener.polled.socket.receive()?.userID == polite.publicKey.z85)
        authenticator.stop()
    }

    @Test func `a reader that stalls gets a full queue, not memory`() throws {
        let context = try lastingContext()
        let authenticator = try Authenticator(context, domain: "farm") { _ in .admitted }
        let listener = try GuardedListener(context) { $0.sendQueueMessages = 4 }
        let (client, _) = try listener.client(try .generate())
        #expect(try client.socket.send(Message([[1]])) == .sent)
        let peer = try #require(try listener.polled.socket.receive()).frames[0]
        let block = [UInt8](repeating: 0, count: 1 << 20)
        var sent = 0
        var results: Set<SendResult> = []
        for _ in 0..<2000 {
            let result = try listener.polled.socket.send(Message([peer, block]), waits: false)
            results.insert(result)
            if result == .sent { sent += 1 }
        }
        #expect(results == [.sent, .queueFull])
        // The reader's own queue holds 1000; the system's buffers and the sender's few come on top.
        #expect(sent < 1100)
        #expect(
            try listener.polled.socket.send(Message([[0, 1, 2, 3, 9], [1]]), waits: false)
                == .unroutable
        )
        authenticator.stop()
    }
}
