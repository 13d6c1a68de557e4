import Glibc
import TestSupport
import Testing
import ZeroMQ

/// Options that keep a failing test from waiting for ever.
private func patient(_ change: (inout SocketOptions) -> Void = { _ in }) -> SocketOptions {
    var options = SocketOptions()
    options.sendTimeout = .seconds(10)
    options.receiveTimeout = .seconds(10)
    change(&options)
    return options
}

@Suite(.timeLimit(.minutes(10)))
struct SocketTests {
    @Test(arguments: ["inproc://pair", "tcp://127.0.0.1:*"])
    func `a message arrives whole, empty frames and all bytes included`(endpoint: String) throws {
        let context = try Context()
        let server = try Socket(.pair, in: context, options: patient())
        let client = try Socket(.pair, in: context, options: patient())
        try client.connect(try server.bind(endpoint))
        var generator = SeededGenerator(seed: 1)
        for size in [0, 1, 255, 256, 70_000] {
            let frame = (0..<size).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let message = Message([[], frame, [UInt8](0...255), []])
            #expect(try client.send(message) == .sent)
            #expect(try server.receive() == message)
        }
    }

    @Test func `a router answers the peer whose identity it was given`() throws {
        let context = try Context()
        let router = try Socket(.router, in: context, options: patient())
        let endpoint = try router.bind("tcp://127.0.0.1:*")
        let first = try Socket(.dealer, in: context, options: patient { $0.routingIdentity = [1] })
        let second = try Socket(.dealer, in: context, options: patient { $0.routingIdentity = [2] })
        try first.connect(endpoint)
        try second.connect(endpoint)
        #expect(try first.send(Message([[10]])) == .sent)
        #expect(try router.receive() == Message([[1], [10]]))
        #expect(try second.send(Message([[20]])) == .sent)
        #expect(try router.receive() == Message([[2], [20]]))
        #expect(try router.send(Message([[2], [21]])) == .sent)
        #expect(try router.send(Message([[1], [11]])) == .sent)
        #expect(try first.receive() == Message([[11]]))
        #expect(try second.receive() == Message([[21]]))
    }

    @Test func `a router says that it knows no such peer`() throws {
        let context = try Context()
        let router = try Socket(.router, in: context, options: patient())
        _ = try router.bind("inproc://nobody")
        #expect(try router.send(Message([[9], [1]])) == .unroutable)
    }

    @Test func `nothing to receive is a value, not an error`() throws {
        let context = try Context()
        let options = patient { $0.receiveTimeout = .milliseconds(20) }
        let socket = try Socket(.dealer, in: context, options: options)
        _ = try socket.bind("inproc://silence")
        #expect(try socket.receive() == nil)
    }

    @Test func `a full queue is a value, and its bound is the one asked for`() throws {
        let context = try Context()
        let options = patient {
            $0.sendQueueMessages = 3
            $0.receiveQueueMessages = 4
            $0.sendTimeout = .zero
        }
        let sender = try Socket(.pair, in: context, options: options)
        let receiver = try Socket(.pair, in: context, options: options)
        _ = try receiver.bind("inproc://bounded")
        try sender.connect("inproc://bounded")
        var accepted = 0
        while accepted < 100, try sender.send(Message([[UInt8(accepted)]])) == .sent {
            accepted += 1
        }
        // Between threads of one process the two queues are one.
        #expect(accepted == 7)
        for index in 0..<accepted {
            #expect(try receiver.receive() == Message([[UInt8(index)]]))
        }
    }

    @Test func `messages beyond the limits are refused, and the next one arrives`() throws {
        let context = try Context()
        let sender = try Socket(.pair, in: context, options: patient())
        let options = patient {
            $0.frameCountLimit = 3
            $0.frameBytesLimit = 100
        }
        let receiver = try Socket(.pair, in: context, options: options)
        _ = try receiver.bind("inproc://limits")
        try sender.connect("inproc://limits")

        _ = try sender.send(Message([[1], [2], [3], [4]]))
        let manyFrames = #expect(throws: ZeroMQError.self) { try receiver.receive() }
        #expect(manyFrames?.code == .tooManyFrames(limit: 3))

        _ = try sender.send(Message([[1], [UInt8](repeating: 7, count: 101)]))
        let longFrame = #expect(throws: ZeroMQError.self) { try receiver.receive() }
        #expect(longFrame?.code == .frameTooLarge(bytes: 101, limit: 100))

        let allowed = Message([[1], [2], [UInt8](repeating: 7, count: 100)])
        _ = try sender.send(allowed)
        #expect(try receiver.receive() == allowed)

        let tooLong = Message([[UInt8](repeating: 0, count: 101)])
        #expect(throws: ZeroMQError.self) { try receiver.send(tooLong) }
        #expect(throws: ZeroMQError.self) { try receiver.send(Message([[], [], [], []])) }
    }

    @Test func `over a network, a peer that sends too much is cut off`() throws {
        let context = try Context()
        let options = patient {
            $0.frameBytesLimit = 100
            $0.receiveTimeout = .milliseconds(300)
        }
        let router = try Socket(.router, in: context, options: options)
        let endpoint = try router.bind("tcp://127.0.0.1:*")
        let rude = try Socket(.dealer, in: context, options: patient())
        let polite = try Socket(.dealer, in: context, options: patient { $0.routingIdentity = [3] })
        try rude.connect(endpoint)
        _ = try rude.send(Message([[UInt8](repeating: 0, count: 101)]))
        #expect(try router.receive() == nil)
        try polite.connect(endpoint)
        _ = try polite.send(Message([[1]]))
        #expect(try router.receive() == Message([[3], [1]]))
    }

    @Test func `errors name the operation and the endpoint`() throws {
        let context = try Context()
        let first = try Socket(.router, in: context, options: patient())
        let second = try Socket(.router, in: context, options: patient())
        let endpoint = try first.bind("tcp://127.0.0.1:*")
        let inUse = #expect(throws: ZeroMQError.self) { try second.bind(endpoint) }
        #expect(inUse?.code == .library(EADDRINUSE))
        #expect(inUse?.description == "bind \(endpoint): Address already in use")
        let malformed = #expect(throws: ZeroMQError.self) { try second.connect("nonsense") }
        #expect(malformed?.description.hasPrefix("connect nonsense: ") == true)
    }

    @Test func `a routing identity that the library refuses is an error at opening`() throws {
        let context = try Context()
        let options = patient { $0.routingIdentity = [UInt8](repeating: 1, count: 256) }
        #expect(throws: ZeroMQError.self) { _ = try Socket(.dealer, in: context, options: options) }
    }

    @Test func `a heartbeat is accepted and leaves a live connection alone`() throws {
        let context = try Context()
        let options = patient {
            $0.heartbeat = .init(interval: .milliseconds(5), timeout: .seconds(5))
        }
        let server = try Socket(.pair, in: context, options: options)
        let client = try Socket(.pair, in: context, options: options)
        try client.connect(try server.bind("tcp://127.0.0.1:*"))
        for value in 0..<20 {
            usleep(2000)
            _ = try client.send(Message([[UInt8(value)]]))
            #expect(try server.receive() == Message([[UInt8(value)]]))
        }
    }
}
