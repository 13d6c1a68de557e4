import CZeroMQ
import Synchronization

/// What happened to a socket's connections.
package struct ConnectionEvent: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case handshakeSucceeded
        /// The peer ended the connection in the middle of the handshake: what a client with a wrong
        /// server key sees, as the server cannot read it.
        case handshakeBroken
        /// The peer does not speak as it should, libzmq's number says how; what a server sees of a
        /// client that has a wrong server key.
        case handshakeMalformed(Int)
        /// The server's authenticator said no, with a status of RFC 27: 400 for a key that is not
        /// enrolled, 500 while the list of keys cannot be read. The client stays away from then on,
        /// until `Socket.reconnect`.
        case handshakeRefused(Int)
        case disconnected
        case connectFailed
    }

    package let kind: Kind
    /// The peer's address, or the listener's.
    package let endpoint: String
}

/// Tells how connecting and handshakes go, which the socket itself keeps quiet about.
///
/// Of the thread of its socket, which stays open until its monitor is gone too. Make it before
/// `bind` or `connect`, so that nothing is missed, and take what happened in each turn of the loop:
/// with some 2000 events untaken, libzmq waits.
package final class SocketMonitor {
    private let monitored: SocketHandle
    private let socket: Socket
    private static let count = Atomic(0)

    /// Listens to what happens to `socket`.
    ///
    /// - Parameter socket: Anything but in-process.
    /// - Throws: `ZeroMQError` if the context has no room for another socket.
    package init(_ socket: borrowing Socket) throws(ZeroMQError) {
        let number = SocketMonitor.count.add(1, ordering: .relaxed).newValue
        let endpoint = "inproc://weft.monitor.\(number)"
        let events =
            ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL
            | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH
            | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CLOSED | ZMQ_EVENT_CONNECT_RETRIED
        guard unsafe zmq_socket_monitor(socket.pointer, endpoint, events) == 0 else {
            throw ZeroMQError.last(operation: "monitor", subject: "\(socket.kind.rawValue) socket")
        }
        monitored = socket.handle
        self.socket = try Socket(.pair, in: socket.owner)
        try self.socket.connect(endpoint)
    }

    deinit {
        // An event that nobody can take any more would stop libzmq's I/O thread for good.
        _ = unsafe zmq_socket_monitor(monitored.pointer, nil, 0)
    }

    /// Takes what happened since the last call.
    ///
    /// - Parameters:
    ///   - limit: Events at most.
    ///   - timeout: How long to wait for the first; zero looks and returns.
    /// - Returns: In their order.
    /// - Throws: `ZeroMQError` if the context is gone.
    package func take(
        atMost limit: Int = 256,
        waiting timeout: Duration = .zero
    ) throws(ZeroMQError) -> [ConnectionEvent] {
        if timeout > .zero { _ = try socket.hasMessage(within: timeout) }
        var events: [ConnectionEvent] = []
        for _ in 0..<limit {
            guard let message = try socket.receive(waits: false) else { break }
            if let event = ConnectionEvent(message) { events.append(event) }
        }
        return events
    }
}

extension ConnectionEvent {
    /// Two frames: event and value in the machine's byte order, 16 and 32 bits; the endpoint.
    fileprivate init?(_ message: Message) {
        guard message.frames.count == 2, message.frames[0].count == 6 else { return nil }
        let bytes = message.frames[0].map(Int.init)
        let value = bytes[2] | bytes[3] << 8 | bytes[4] << 16 | bytes[5] << 24
        switch Int32(bytes[0] | bytes[1] << 8) {
        case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: kind = .handshakeSucceeded
        case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL: kind = .handshakeBroken
        case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL: kind = .handshakeMalformed(value)
        case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: kind = .handshakeRefused(value)
        case ZMQ_EVENT_DISCONNECTED: kind = .disconnected
        case ZMQ_EVENT_CLOSED, ZMQ_EVENT_CONNECT_RETRIED: kind = .connectFailed
        default: return nil
        }
        endpoint = String(decoding: message.frames[1], as: UTF8.self)
    }
}
