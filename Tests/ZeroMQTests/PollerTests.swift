import Testing
import ZeroMQ

@Suite(.timeLimit(.minutes(10)))
struct PollerTests {
    private func pair(
        _ context: Context,
        _ poller: Poller,
        _ name: String,
        _ options: SocketOptions = SocketOptions()
    ) throws -> (PolledSocket, PolledSocket) {
        let receiver = poller.add(try Socket(.pair, in: context, options: options))
        let sender = poller.add(try Socket(.pair, in: context, options: options))
        try sender.socket.connect(try receiver.socket.bind("inproc://\(name)"))
        return (receiver, sender)
    }

    @Test func `waiting finds the sockets that have messages and no others`() throws {
        let context = try Context()
        let poller = Poller()
        let (first, toFirst) = try pair(context, poller, "first")
        let (second, toSecond) = try pair(context, poller, "second")
        for (sends, expected) in [(1, [true, false]), (2, [false, true]), (3, [true, true])] {
            if sends & 1 != 0 { #expect(try toFirst.send(Message([[1]])) == .sent) }
            if sends & 2 != 0 { #expect(try toSecond.send(Message([[2]])) == .sent) }
            var found = [false, false]
            // Between threads of one process messages arrive one after the other.
            while found != expected {
                _ = try poller.wait(for: .seconds(10))
                found = [first.isReadable, second.isReadable]
            }
            #expect(try first.drain(atMost: 9).messages == (expected[0] ? [Message([[1]])] : []))
            #expect(try second.drain(atMost: 9).messages == (expected[1] ? [Message([[2]])] : []))
            _ = try poller.wait(for: .zero)
            #expect(!first.isReadable && !second.isReadable)
        }
    }

    @Test func `draining stops at its bound, and the rest ends the next wait at once`() throws {
        let context = try Context()
        let poller = Poller()
        let (receiver, sender) = try pair(context, poller, "bounded")
        for value in 0..<7 { #expect(try sender.send(Message([[UInt8(value)]])) == .sent) }
        var turns: [[UInt8]] = []
        for _ in 0..<3 {
            _ = try poller.wait(for: .seconds(10))
            #expect(receiver.isReadable)
            turns.append(try receiver.drain(atMost: 3).messages.flatMap { $0.frames[0] })
        }
        #expect(turns == [[0, 1, 2], [3, 4, 5], [6]])
        #expect(try receiver.drain(atMost: 3).messages.isEmpty)
    }

    @Test func `messages beyond the limits are handed over as refusals, others as messages`() throws
    {
        let context = try Context()
        let poller = Poller()
        var options = SocketOptions()
        options.frameBytesLimit = 4
        let receiver = poller.add(try Socket(.pair, in: context, options: options))
        let sender = poller.add(try Socket(.pair, in: context))
        try sender.socket.connect(try receiver.socket.bind("inproc://refusals"))
        for size in [4, 5, 3] {
            #expect(try sender.send(Message([[UInt8](repeating: 0, count: size)])) == .sent)
        }
        let drained = try receiver.drain(atMost: 9)
        #expect(drained.messages.map(\.byteCount) == [4, 3])
        #expect(drained.refusals.map(\.code) == [.frameTooLarge(bytes: 5, limit: 4)])
    }

    @Test(arguments: [0, 1, 30])
    func `a wait without events lasts its time`(milliseconds: Int) throws {
        let poller = Poller(wakeUp: try WakeUp())
        let (receiver, _) = try pair(try Context(), poller, "silent")
        let start = ContinuousClock.now
        let readiness = try poller.wait(for: .milliseconds(milliseconds))
        #expect(start.duration(to: .now) >= .milliseconds(milliseconds))
        #expect(!readiness.wasWoken && readiness.signals.isEmpty)
        #expect(!receiver.isReadable)
    }

    @Test func `room to send ends a wait only for those who ask`() throws {
        let context = try Context()
        let poller = Poller()
        var options = SocketOptions()
        options.immediate = true
        let dealer = poller.add(try Socket(.dealer, in: context, options: options))
        try dealer.socket.connect("tcp://127.0.0.1:1")
        dealer.wantsToWrite = true
        _ = try poller.wait(for: .milliseconds(20))
        #expect(!dealer.isWritable)
        #expect(try dealer.send(Message([[1]])) == .queueFull)

        let router = try Socket(.router, in: context)
        try dealer.socket.connect(try router.bind("tcp://127.0.0.1:*"))
        _ = try poller.wait(for: .seconds(10))
        #expect(dealer.isWritable)
        #expect(try dealer.send(Message([[1]])) == .sent)
        dealer.wantsToWrite = false
        _ = try poller.wait(for: .zero)
        #expect(!dealer.isWritable)
    }

    @Test func `a socket that was removed is waited for no more`() throws {
        let poller = Poller()
        let (receiver, sender) = try pair(try Context(), poller, "removed")
        poller.remove(receiver)
        #expect(try sender.send(Message([[1]])) == .sent)
        _ = try poller.wait(for: .milliseconds(20))
        #expect(!receiver.isReadable)
        #expect(try receiver.drain(atMost: 1).messages == [Message([[1]])])
    }
}
