import Scheduling
import WireProtocol
import ZeroMQ

/// A peer that sends whatever a test wants over a real socket.
final class TestPeer {
    private let poller = Poller()
    let socket: PolledSocket
    private var sequence: UInt64 = 0

    init(_ context: Context, _ endpoint: String, curve: SocketOptions.Curve? = nil) throws {
        var options = SocketOptions()
        options.curve = curve
        options.frameBytesLimit = 64 << 20
        options.reconnect = SocketOptions.Reconnect(
            base: .milliseconds(20),
            longest: .milliseconds(100)
        )
        socket = poller.add(try Socket(.dealer, in: context, options: options))
        try socket.socket.connect(endpoint)
    }

    /// Sends frames as they are.
    func send(_ frames: [[UInt8]]) throws {
        _ = try socket.send(Message(frames))
    }

    /// Sends a message under the next number, or under one of its own.
    @discardableResult
    func send(
        _ body: EnvelopeBody,
        payload: [UInt8]? = nil,
        number: UInt64? = nil
    ) throws -> UInt64 {
        sequence += 1
        let number = number ?? sequence
        let envelope = Envelope(body, sequence: number)
        try send([envelope.encoded()] + (payload.map { [$0] } ?? []))
        return number
    }

    /// The next message; nil if none comes in time.
    func receive(within patience: Duration = .seconds(5)) throws -> Envelope? {
        try receiveAll(within: patience)?.0
    }

    func receiveAll(within patience: Duration) throws -> (Envelope, [UInt8]?)? {
        let end = ContinuousClock.now + patience
        repeat {
            if let message = try socket.drain(atMost: 1).messages.first {
                let payload = message.frames.count > 1 ? message.frames[1] : nil
                return (try Envelope(decoding: message.frames[0]), payload)
            }
            _ = try poller.wait(for: .milliseconds(20))
        } while ContinuousClock.now < end
        return nil
    }

    /// Asks and waits for the answer to just that; nil if none comes in time.
    func ask(
        _ body: EnvelopeBody,
        payload: [UInt8]? = nil,
        within patience: Duration = .seconds(5)
    ) throws -> EnvelopeBody? {
        let number = try send(body, payload: payload)
        let end = ContinuousClock.now + patience
        while ContinuousClock.now < end {
            if let answer = try receive(within: end - .now), answer.replyTo == number {
                return answer.body
            }
        }
        return nil
    }

    @discardableResult
    func hello(_ role: String, session: [UInt8]? = nil) throws -> EnvelopeBody? {
        let boot = session ?? [UInt8](repeating: 3, count: WireLimits.bootIDBytes)
        return try ask(.hello(try Hello(role: role, software: "test", bootID: boot)))
    }
}

extension EnvelopeBody {
    /// Why the answer is no.
    var refusal: Refusal? {
        if case .refusal(let refusal) = self { refusal } else { nil }
    }
}
