import Coordinator
import Scheduling
import Testing

struct PeersTests {
    private let routing = RoutingID(bytes: [1])

    @Test func `a message is heard once, and only after those before it`() {
        var peers = Peers(limit: 4)
        let later = Instant(nanoseconds: 5)
        func hears(_ sequence: UInt64) -> Bool {
            peers.hear(routing, sequence: sequence, at: later)
        }
        #expect(!hears(1))
        peers.admit(Peer(.worker, lastSequence: 1, lastHeard: .zero), as: routing)
        #expect(!hears(1))
        #expect(peers[routing]?.lastHeard == .zero)
        #expect(hears(2))
        #expect(hears(9))
        #expect(!hears(3))
        #expect(peers[routing]?.lastHeard == later)
    }

    @Test func `our own messages are counted through hellos that are repeated`() {
        var peers = Peers(limit: 4)
        func next() -> UInt64 { peers.nextSequence(to: routing) }
        #expect(next() == 1)
        peers.admit(Peer(.worker, lastSequence: 1, lastHeard: .zero), as: routing)
        #expect([next(), next(), next()] == [1, 2, 3])
        peers.admit(Peer(.worker, lastSequence: 7, lastHeard: .zero), as: routing)
        #expect(next() == 4)
    }

    @Test func `there is room up to the limit, and again after some are forgotten`() {
        var peers = Peers(limit: 2)
        for number in 1...2 {
            let peer = Peer(.client, key: "k\(number)", lastSequence: 0, lastHeard: .zero)
            peers.admit(peer, as: RoutingID(bytes: [UInt8(number)]))
        }
        #expect(!peers.hasRoom)
        #expect(peers.keys == ["k1", "k2"])
        let forgotten = peers.forget { $0.key == "k1" }
        #expect(forgotten.values.map(\.key) == ["k1"])
        #expect(peers.hasRoom)
        #expect(peers.keys == ["k2"])
    }
}
