import Testing
import ZeroMQ

@Suite(.timeLimit(.minutes(10)))
struct SocketMonitorTests {
    @Test func `a wrong server key breaks the handshake again and again, on both sides`() throws {
        let context = try lastingContext()
        let authenticator = try Authenticator(context, domain: "farm") { _ in .admitted }
        let listener = try GuardedListener(context)
        let (client, monitor) = try listener.client(
            try .generate(),
            serverKey: try CurveKeyPair.generate().publicKey
        )
        for _ in 0..<3 {
            #expect(try firstEvent(monitor, isHandshake) == .handshakeBroken)
        }
        #expect(try firstEvent(listener.monitor, isHandshake) == .handshakeMalformed(0x1100_0001))
        #expect(try client.socket.send(Message([[1]])) == .queueFull)
        authenticator.stop()
    }

    @Test func `a lost connection is told, and so is the next one`() throws {
        let context = try Context()
        let client = try Socket(.dealer, in: context)
        let monitor = try SocketMonitor(client)
        var endpoint = "tcp://127.0.0.1:*"
        for _ in 0..<2 {
            let router = try Socket(.router, in: context)
            let isFirst = endpoint.hasSuffix("*")
            endpoint = try router.bind(endpoint)
            if isFirst { try client.connect(endpoint) }
            #expect(
                try firstEvent(monitor) { $0 == .handshakeSucceeded } == .handshakeSucceeded
            )
            _ = consume router
            #expect(try firstEvent(monitor) { $0 == .disconnected } == .disconnected)
        }
    }

    @Test func `nobody there is told as failing to connect`() throws {
        let client = try Socket(.dealer, in: try Context())
        let monitor = try SocketMonitor(client)
        #expect(try monitor.take().isEmpty)
        try client.connect("tcp://127.0.0.1:1")
        #expect(try firstEvent(monitor) { _ in true } == .connectFailed)
    }
}
