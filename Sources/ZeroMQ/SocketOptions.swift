/// The patterns that the farm speaks.
package enum SocketKind: String, Hashable, Sendable {
    /// Exactly one peer; for threads of one process.
    case pair
    /// Fair-queued and load-balanced over its peers; the workers' and clients' side.
    case dealer
    /// Knows its peers by routing identity, the first frame of each message; the coordinator's
    /// side.
    case router
}

/// Settings of a socket, in force from its first bind or connect on.
package struct SocketOptions: Hashable, Sendable {
    /// Messages that may wait for one peer before sending blocks.
    package var sendQueueMessages = 1000
    /// Messages of one peer that may wait to be received.
    package var receiveQueueMessages = 1000
    /// How long a closed socket keeps trying to deliver what it has accepted.
    package var linger = Duration.zero
    /// How long a send waits for room; nil waits for ever.
    package var sendTimeout: Duration?
    /// How long a receive waits for a message; nil waits for ever.
    package var receiveTimeout: Duration?
    /// Frames above this size are refused; over a network, libzmq drops the peer that sends one.
    package var frameBytesLimit = 8 << 20
    /// Messages of more frames than this are refused.
    package var frameCountLimit = 64
    /// The name under which a router knows this socket, 1 to 255 bytes; nil lets the router choose.
    package var routingIdentity: [UInt8]?
    /// The library's own pings; nil sends none.
    package var heartbeat: Heartbeat?
    /// Encryption and keys; nil for a connection in the clear.
    package var curve: Curve?
    /// Whether messages wait only for peers that are connected.
    ///
    /// Without it a sender queues for a
    /// peer that is away, and everything arrives at once, late, when it is back.
    package var immediate = false
    /// Pauses before connecting again; nil for the library's 100 ms without growth.
    package var reconnect: Reconnect?
    /// How long a peer may take for its handshake before it is cut off.
    package var handshakeTimeout = Duration.seconds(5)
    /// How long connecting may take before it is tried again; nil leaves it to the system.
    package var connectTimeout: Duration?
    /// Whether the system notices peers that are gone without a word.
    package var keepsAlive = true
    /// Connections that may wait to be accepted.
    package var backlog = 4096

    /// Which side of an encrypted connection this is, and with which keys.
    package enum Curve: Hashable, Sendable {
        /// Listens; `domain` is what the authenticator knows this socket by, and not empty.
        case server(CurveKeyPair, domain: String)
        /// Connects to the holder of `serverKey` and to nobody else.
        case client(serverKey: CurveKey, keys: CurveKeyPair)
    }

    /// Pauses before connecting again, doubling from `base` to `longest`.
    package struct Reconnect: Hashable, Sendable {
        package var base: Duration
        package var longest: Duration

        package init(base: Duration, longest: Duration) {
            self.base = base
            self.longest = longest
        }

        /// Pauses drawn for one process, so that a fleet does not come back in one instant.
        package static func drawn() -> Reconnect {
            Reconnect(
                base: .milliseconds(Int.random(in: 500...2000)),
                longest: .milliseconds(Int.random(in: 10_000...30_000))
            )
        }
    }

    /// Pings that notice a peer that is cut off without a word.
    package struct Heartbeat: Hashable, Sendable {
        package var interval: Duration
        /// Silence after a ping that ends the connection.
        package var timeout: Duration

        package init(interval: Duration, timeout: Duration) {
            self.interval = interval
            self.timeout = timeout
        }
    }

    package init() {}
}
