import CZeroMQ
import Glibc

/// One end of a ZeroMQ conversation.
///
/// Not `Sendable` on purpose: libzmq lets a socket be used by one thread at a time. It can be
/// handed over (`sending`), and the compiler then refuses its use at the old place.
package struct Socket: ~Copyable {
    /// Shared with the socket's monitor, which has to end before the socket does.
    let handle: SocketHandle
    /// Keeps the context alive until this socket is gone.
    private let context: Context
    package let kind: SocketKind
    package let options: SocketOptions
    /// Whether libzmq itself refuses every peer while there is no authenticator; see
    /// `KeyTrial` for those that do not know the setting.
    package let isDomainEnforced: Bool

    /// Opens a socket, neither bound nor connected.
    ///
    /// - Parameters:
    ///   - kind: The pattern it speaks.
    ///   - context: The process's context.
    ///   - options: Settings for its whole life.
    /// - Throws: `ZeroMQError` if the context is full or a setting is refused.
    package init(
        _ kind: SocketKind,
        in context: Context,
        options: SocketOptions = SocketOptions()
    ) throws(ZeroMQError) {
        let handle = try SocketHandle(kind, in: context)
        try handle.apply(options, to: kind)
        var isDomainEnforced = false
        if case .server(_, let domain) = options.curve {
            isDomainEnforced = try handle.enforceDomain(domain)
        }
        self.handle = handle
        self.context = context
        self.kind = kind
        self.options = options
        self.isDomainEnforced = isDomainEnforced
    }

    /// Accepts connections at `endpoint`, such as `tcp://127.0.0.1:*`.
    ///
    /// - Parameter endpoint: Transport and address; `*` as a TCP port takes a free one.
    /// - Returns: The endpoint with the port that was taken.
    /// - Throws: `ZeroMQError` if the endpoint is malformed or in use.
    package borrowing func bind(_ endpoint: String) throws(ZeroMQError) -> String {
        guard unsafe zmq_bind(pointer, endpoint) == 0 else {
            throw ZeroMQError.last(operation: "bind", subject: endpoint)
        }
        return try lastEndpoint()
    }

    /// Connects to `endpoint`, and again whenever the connection is lost.
    ///
    /// - Parameter endpoint: Transport and address. The peer need not be there yet.
    /// - Throws: `ZeroMQError` if the endpoint is malformed.
    package borrowing func connect(_ endpoint: String) throws(ZeroMQError) {
        guard unsafe zmq_connect(pointer, endpoint) == 0 else {
            throw ZeroMQError.last(operation: "connect", subject: endpoint)
        }
    }

    /// Gives up a connection and makes it anew.
    ///
    /// For clients whose key was refused: libzmq tries again after a lost connection, but never
    /// after `ConnectionEvent.Kind.handshakeRefused`.
    ///
    /// - Parameter endpoint: What `connect` was called with. What is queued for it is lost.
    /// - Throws: `ZeroMQError` if the endpoint is malformed.
    package borrowing func reconnect(_ endpoint: String) throws(ZeroMQError) {
        guard unsafe zmq_disconnect(pointer, endpoint) == 0 || zmq_errno() == ENOENT else {
            throw ZeroMQError.last(operation: "disconnect", subject: endpoint)
        }
        try connect(endpoint)
    }

    /// Queues a message of at least one frame, whole or not at all.
    ///
    /// - Parameters:
    ///   - message: For a router, the first frame names the peer.
    ///   - waits: Whether to wait for room, for the send timeout.
    /// - Returns: Whether it was queued, and if not, why.
    /// - Throws: `ZeroMQError` if the message is beyond the socket's limits or the context is gone.
    package borrowing func send(
        _ message: Message,
        waits: Bool = true
    ) throws(ZeroMQError) -> SendResult {
        precondition(!message.frames.isEmpty, "send: a message has at least one frame")
        guard message.frames.count <= options.frameCountLimit else {
            throw refusal(.tooManyFrames(limit: options.frameCountLimit), "send")
        }
        if let bytes = message.frames.lazy.map(\.count).max(), bytes > options.frameBytesLimit {
            throw refusal(.frameTooLarge(bytes: bytes, limit: options.frameBytesLimit), "send")
        }
        for (index, frame) in message.frames.enumerated() {
            let isLast = index == message.frames.count - 1
            let flags = (isLast ? 0 : ZMQ_SNDMORE) | (waits ? 0 : ZMQ_DONTWAIT)
            switch sendFrame(frame, flags: flags) {
            case 0: continue
            // Only the first frame can find the queue full or the peer unknown: libzmq commits to a
            // peer with it and takes the rest of the message without a limit.
            case EAGAIN where index == 0: return .queueFull
            case EHOSTUNREACH where index == 0: return .unroutable
            case let number:
                throw ZeroMQError(
                    .library(number),
                    operation: "send",
                    subject: "\(kind.rawValue) socket"
                )
            }
        }
        return .sent
    }

    /// Takes the next message.
    ///
    /// - Parameter waits: Whether to wait for one, for the receive timeout.
    /// - Returns: The message, or nil if none came in time or a signal arrived.
    /// - Throws: `ZeroMQError` if the message is beyond the socket's limits (it is then dropped,
    ///   and the next one can be received) or the context is gone.
    package borrowing func receive(waits: Bool = true) throws(ZeroMQError) -> Message? {
        var frames: [[UInt8]] = []
        var userID: String?
        var oversized: Int?
        var frameCount = 0
        var hasMore = true
        while hasMore {
            var frame = zmq_msg_t()
            unsafe zmq_msg_init(&frame)
            defer { unsafe zmq_msg_close(&frame) }
            guard unsafe zmq_msg_recv(&frame, pointer, waits ? 0 : ZMQ_DONTWAIT) >= 0 else {
                let number = zmq_errno()
                // Frames arrive together, so these can only precede the first one.
                if frameCount == 0, number == EAGAIN || number == EINTR { return nil }
                throw ZeroMQError.last(operation: "receive", subject: "\(kind.rawValue) socket")
            }
            frameCount += 1
            let bytes = unsafe zmq_msg_size(&frame)
            if bytes > options.frameBytesLimit {
                oversized = bytes
            } else if frameCount <= options.frameCountLimit {
                let contents = unsafe UnsafeRawBufferPointer(
                    start: zmq_msg_data(&frame),
                    count: bytes
                )
                unsafe frames.append([UInt8](contents))
            }
            hasMore = unsafe zmq_msg_more(&frame) != 0
            // libzmq 4.3.4 has it on payload frames only; the last frame always is one.
            if !hasMore, let text = unsafe zmq_msg_gets(&frame, "User-Id") {
                userID = unsafe String(cString: text)
            }
        }
        guard frameCount <= options.frameCountLimit else {
            throw refusal(.tooManyFrames(limit: options.frameCountLimit), "receive")
        }
        if let oversized {
            let code = ZeroMQError.Code.frameTooLarge(
                bytes: oversized,
                limit: options.frameBytesLimit
            )
            throw refusal(code, "receive")
        }
        return Message(frames, userID: userID)
    }

    /// Waits for a message without taking it.
    ///
    /// - Parameter timeout: Rounded up to milliseconds.
    /// - Returns: Whether there is one; false too when a signal arrived.
    /// - Throws: `ZeroMQError` if the context is gone.
    package borrowing func hasMessage(within timeout: Duration) throws(ZeroMQError) -> Bool {
        var item = unsafe zmq_pollitem_t(
            socket: pointer,
            fd: -1,
            events: Int16(ZMQ_POLLIN),
            revents: 0
        )
        let count = unsafe zmq_poll(&item, 1, Int(timeout.milliseconds))
        guard count >= 0 || zmq_errno() == EINTR else {
            throw ZeroMQError.last(operation: "wait for", subject: "\(kind.rawValue) socket")
        }
        return count > 0
    }

    private func refusal(_ code: ZeroMQError.Code, _ operation: String) -> ZeroMQError {
        ZeroMQError(code, operation: operation, subject: "\(kind.rawValue) socket")
    }

    /// Sends one frame; the result is 0 or libzmq's error number.
    private borrowing func sendFrame(_ frame: [UInt8], flags: Int32) -> Int32 {
        while true {
            let sent = unsafe frame.withUnsafeBytes { bytes in
                unsafe zmq_send(pointer, bytes.baseAddress, bytes.count, flags)
            }
            if sent >= 0 { return 0 }
            let number = zmq_errno()
            if number != EINTR { return number }
        }
    }

    var pointer: UnsafeMutableRawPointer { unsafe handle.pointer }
    var owner: Context { context }

    private borrowing func lastEndpoint() throws(ZeroMQError) -> String {
        // The longest endpoint of any transport here is an ipc path of 107 bytes and its scheme.
        var text = [UInt8](repeating: 0, count: 256)
        var count = text.count
        guard unsafe zmq_getsockopt(pointer, ZMQ_LAST_ENDPOINT, &text, &count) == 0 else {
            throw ZeroMQError.last(operation: "read", subject: "last endpoint")
        }
        return String(decoding: text.prefix(max(count - 1, 0)), as: UTF8.self)
    }
}

/// What libzmq knows the socket by; closed with its last name.
@safe final class SocketHandle {
    let pointer: UnsafeMutableRawPointer

    init(_ kind: SocketKind, in context: Context) throws(ZeroMQError) {
        guard let pointer = unsafe zmq_socket(context.handle, kind.number) else {
            throw ZeroMQError.last(operation: "open", subject: "\(kind.rawValue) socket")
        }
        unsafe self.pointer = unsafe pointer
    }

    deinit {
        // The only error is "not a socket", which this type excludes.
        unsafe zmq_close(pointer)
    }
}

extension SocketKind {
    fileprivate var number: Int32 {
        switch self {
        case .pair: ZMQ_PAIR
        case .dealer: ZMQ_DEALER
        case .router: ZMQ_ROUTER
        }
    }
}
