import Scheduling
import ZeroMQ

/// A dealer that stays connected to one endpoint, whatever comes over the connection.
///
/// libzmq connects again after a connection was lost, but not after one that it has ended itself
/// because of what the other side sent: a frame beyond the limit, another mechanism. Such a socket
/// would be silent for ever, so it is replaced.
final class ConnectedSocket {
    /// After the end of a connection libzmq says at once when it tries again, or never.
    private static let patience = Duration.seconds(2)

    private(set) var socket: PolledSocket
    private var monitor: SocketMonitor
    private let endpoint: String
    private let options: SocketOptions
    private let context: Context
    private let poller: Poller
    /// When the connection ended, until something is heard about another.
    private var lostAt: Instant?

    init(
        _ endpoint: String,
        _ options: SocketOptions,
        _ context: Context,
        _ poller: Poller
    ) throws(ZeroMQError) {
        self.endpoint = endpoint
        self.options = options
        self.context = context
        self.poller = poller
        (socket, monitor) = try Self.open(endpoint, options, context, poller)
    }

    private static func open(
        _ endpoint: String,
        _ options: SocketOptions,
        _ context: Context,
        _ poller: Poller
    ) throws(ZeroMQError) -> (PolledSocket, SocketMonitor) {
        let socket = try Socket(.dealer, in: context, options: options)
        // Before it connects, so that nothing is missed.
        let monitor = try SocketMonitor(socket)
        try socket.connect(endpoint)
        return (poller.add(socket), monitor)
    }

    /// What happened to the connection since the last call.
    ///
    /// - Throws: `ZeroMQError` if the context is gone or full.
    func watch(at now: Instant) throws(ZeroMQError) -> [ConnectionEvent] {
        let events = try monitor.take()
        for event in events { lostAt = event.kind == .disconnected ? now : nil }
        if let lost = lostAt, now >= lost + Self.patience {
            lostAt = nil
            poller.remove(socket)
            (socket, monitor) = try Self.open(endpoint, options, context, poller)
        }
        return events
    }
}
