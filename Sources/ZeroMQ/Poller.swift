import CZeroMQ
import Glibc

/// Where a loop waits: for sockets, for other threads and for signals.
///
/// Belongs to one thread, as its sockets do. A turn of the loop is `wait`, then draining each
/// readable socket up to a bound, then other work; what is left makes the next wait return at once.
package final class Poller {
    private let wakeUp: WakeUp?
    private let signals: SignalMonitor?
    private var sockets: [PolledSocket] = []

    /// Makes a poller without sockets.
    ///
    /// - Parameters:
    ///   - wakeUp: By which other threads end a wait.
    ///   - signals: Which end a wait too.
    package init(wakeUp: WakeUp? = nil, signals: SignalMonitor? = nil) {
        self.wakeUp = wakeUp
        self.signals = signals
    }

    /// Waits for this socket too, from now on.
    package func add(_ socket: consuming Socket) -> PolledSocket {
        let polled = PolledSocket(socket)
        sockets.append(polled)
        return polled
    }

    /// Waits no longer for this socket; it closes with its last name.
    package func remove(_ socket: PolledSocket) {
        sockets.removeAll { $0 === socket }
    }

    /// Waits until a socket is ready, somebody wakes the loop, a signal comes or the time is over.
    ///
    /// Sets `isReadable` and `isWritable` of the sockets.
    ///
    /// - Parameters:
    ///   - timeout: Rounded up to milliseconds; zero looks and returns, nil has no end.
    ///   - descriptor: A file of the system's that ends the wait when it can be read, such as a
    ///     child's pipe.
    /// - Returns: What came besides messages.
    /// - Throws: `ZeroMQError` if the context is gone.
    package func wait(
        for timeout: Duration?,
        alsoReading descriptor: Int32? = nil
    ) throws(ZeroMQError) -> Readiness {
        var items = unsafe sockets.map { socket in
            let events = ZMQ_POLLIN | (socket.wantsToWrite ? ZMQ_POLLOUT : 0)
            return unsafe zmq_pollitem_t(
                socket: socket.socket.pointer,
                fd: -1,
                events: Int16(events),
                revents: 0
            )
        }
        for descriptor in [wakeUp?.descriptor, signals?.descriptor, descriptor].compactMap(\.self) {
            unsafe items.append(
                zmq_pollitem_t(socket: nil, fd: descriptor, events: Int16(ZMQ_POLLIN), revents: 0)
            )
        }
        let milliseconds = timeout.map { max(Int($0.milliseconds), 0) } ?? -1
        let count = unsafe zmq_poll(&items, Int32(items.count), milliseconds)
        // Interrupted waits end early; the signal is in the pipe by then.
        guard count >= 0 || zmq_errno() == EINTR else {
            throw ZeroMQError.last(operation: "wait for", subject: "sockets")
        }
        for (index, socket) in sockets.enumerated() {
            let events = count < 0 ? 0 : Int32(unsafe items[index].revents)
            socket.note(isReadable: events & ZMQ_POLLIN != 0, isWritable: events & ZMQ_POLLOUT != 0)
        }
        return Readiness(wasWoken: wakeUp?.clear() ?? false, signals: signals?.take() ?? [])
    }

    /// What ended a wait, besides messages.
    package struct Readiness: Hashable, Sendable {
        /// Whether `WakeUp.signal` was called since the last wait.
        package var wasWoken: Bool
        package var signals: [Signal]
    }
}

/// A socket that a poller waits for, shared by the parts of one loop thread.
package final class PolledSocket {
    package let socket: Socket
    /// Whether the last wait found a message; `drain` looks for itself.
    package private(set) var isReadable = false
    /// Whether the last wait found room to send; false unless `wantsToWrite` was set.
    package private(set) var isWritable = false
    /// Whether room to send ends a wait too.
    ///
    /// A router always has some, for one peer or another.
    package var wantsToWrite = false

    fileprivate init(_ socket: consuming Socket) {
        self.socket = socket
    }

    fileprivate func note(isReadable: Bool, isWritable: Bool) {
        self.isReadable = isReadable
        self.isWritable = isWritable
    }

    /// Queues a message if there is room, and never waits.
    ///
    /// - Parameter message: For a router, the first frame names the peer.
    /// - Returns: Whether it was queued, and if not, why.
    /// - Throws: As `Socket.send`.
    package func send(_ message: Message) throws(ZeroMQError) -> SendResult {
        try socket.send(message, waits: false)
    }

    /// Takes the messages that are there.
    ///
    /// - Parameter limit: Messages of one turn, so that no socket starves the others.
    /// - Returns: At most `limit` messages, and those refused for being beyond the socket's limits.
    /// - Throws: `ZeroMQError` if the context is gone.
    package func drain(atMost limit: Int) throws(ZeroMQError) -> Drained {
        precondition(limit > 0, "drain: at most \(limit)")
        var drained = Drained()
        while drained.messages.count + drained.refusals.count < limit {
            do {
                guard let message = try socket.receive(waits: false) else { break }
                drained.messages.append(message)
            } catch {
                if case .library = error.code { throw error }
                drained.refusals.append(error)
            }
        }
        return drained
    }

    /// What a socket had for one turn of the loop.
    package struct Drained: Sendable {
        package var messages: [Message] = []
        package var refusals: [ZeroMQError] = []
    }
}
