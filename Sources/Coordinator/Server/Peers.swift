package import Scheduling

/// A connection at a router, by the name libzmq gives it; one that is made again has another name.
package struct RoutingID: Hashable, Sendable {
    package let bytes: [UInt8]

    package init(bytes: [UInt8]) {
        self.bytes = bytes
    }
}

/// The two sockets.
package enum Plane: String, CaseIterable, Sendable {
    case control
    case bulk
}

/// What a peer said it is.
package enum PeerRole: String, Sendable {
    case worker
    case client
    /// A worker's second connection.
    case bulk
}

/// Who is at the other end of a connection.
package struct Peer {
    package let role: PeerRole
    /// Its public key as the authenticator found it; nil where there are no keys.
    package let key: String?
    /// The worker it is, once it has introduced itself or shown its session.
    package var worker: WorkerID?
    /// Of its last message; the next one's is greater.
    package var lastSequence: UInt64
    /// Messages sent to it.
    package var sentCount: UInt64 = 0
    package var lastHeard: Instant

    package init(_ role: PeerRole, key: String? = nil, lastSequence: UInt64, lastHeard: Instant) {
        self.role = role
        self.key = key
        self.lastSequence = lastSequence
        self.lastHeard = lastHeard
    }
}

/// The peers of one socket that have said hello.
package struct Peers {
    private let limit: Int
    private var peers: [RoutingID: Peer] = [:]

    package init(limit: Int) {
        self.limit = limit
    }

    package var count: Int { peers.count }

    package subscript(routing: RoutingID) -> Peer? { peers[routing] }

    /// Whether there is a place for a connection that is not known yet.
    package var hasRoom: Bool { peers.count < limit }

    /// Knows this connection from now on, or as somebody else than before.
    package mutating func admit(_ peer: Peer, as routing: RoutingID) {
        precondition(peers[routing] != nil || hasRoom, "no place for another peer")
        let sentCount = peers[routing]?.sentCount ?? 0
        peers[routing] = peer
        peers[routing]?.sentCount = sentCount
    }

    /// Notes a message that has come.
    ///
    /// - Returns: False if its number is not above the last one's: it has been seen.
    package mutating func hear(_ routing: RoutingID, sequence: UInt64, at now: Instant) -> Bool {
        guard let last = peers[routing]?.lastSequence, sequence > last else { return false }
        peers[routing]?.lastSequence = sequence
        peers[routing]?.lastHeard = now
        return true
    }

    /// The number of the next message to this connection, from 1.
    package mutating func nextSequence(to routing: RoutingID) -> UInt64 {
        guard peers[routing] != nil else { return 1 }
        peers[routing]?.sentCount += 1
        return peers[routing]?.sentCount ?? 1
    }

    package mutating func identify(_ routing: RoutingID, as worker: WorkerID) {
        peers[routing]?.worker = worker
    }

    package mutating func forget(_ routing: RoutingID) {
        peers[routing] = nil
    }

    /// Forgets peers, so that what they send next is from strangers.
    ///
    /// - Returns: Who was forgotten.
    package mutating func forget(where condition: (Peer) -> Bool) -> [RoutingID: Peer] {
        let forgotten = peers.filter { condition($0.value) }
        for routing in forgotten.keys { peers[routing] = nil }
        return forgotten
    }

    /// Everybody's keys, each once.
    package var keys: Set<String> { Set(peers.values.compactMap(\.key)) }
}
