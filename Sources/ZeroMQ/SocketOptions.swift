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
    /// Connections that may wait to be accepted.
    package var backlog = 4096

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
