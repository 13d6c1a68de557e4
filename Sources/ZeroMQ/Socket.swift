import CZeroMQ
import Glibc

/// One end of a ZeroMQ conversation.
///
/// Not `Sendable` on purpose: libzmq lets a socket be used by one thread at a time. It can be
/// handed over (`sending`), and the compiler then refuses its use at the old place.
@safe package struct Socket: ~Copyable {
    /// Nil once closed.
    private var handle: UnsafeMutableRawPointer?
    /// Keeps the context alive until this socket is gone.
    private let context: Context
    package let kind: SocketKind
    package let options: SocketOptions

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
        self.context = context
        self.kind = kind
        self.options = options
        unsafe handle = unsafe zmq_socket(context.handle, kind.number)
        guard unsafe handle != nil else {
            throw ZeroMQError.last(operation: "open", subject: "\(kind.rawValue) socket")
        }
        try apply(options)
    }

    deinit {
        // The only error is "not a socket", which this type excludes.
        if let handle = unsafe handle { unsafe zmq_close(handle) }
    }

    /// Accepts connections at `endpoint`, such as `tcp://127.0.0.1:*`.
    ///
    /// - Parameter endpoint: Transport and address; `*` as a TCP port takes a free one.
    /// - Returns: The endpoint with the port that was taken.
    /// - Throws: `ZeroMQError` if the endpoint is malformed or in use.
    package borrowing func bind(_ endpoint: String) throws(ZeroMQError) -> String {
        guard unsafe zmq_bind(handle, endpoint) == 0 else {
            throw ZeroMQError.last(operation: "bind", subject: endpoint)
        }
        return try lastEndpoint()
    }

    /// Connects to `endpoint`, and again whenever the connection is lost.
    ///
    /// - Parameter endpoint: Transport and address. The peer need not be there yet.
    /// - Throws: `ZeroMQError` if the endpoint is malformed.
    package borrowing func connect(_ endpoint: String) throws(ZeroMQError) {
        guard unsafe zmq_connect(handle, endpoint) == 0 else {
            throw ZeroMQError.last(operation: "connect", subject: endpoint)
        }
    }

    /// Queues a message of at least one frame, whole or not at all.
    ///
    /// - Parameter message: For a router, the first frame names the peer.
    /// - Returns: Whether it was queued, and if not, why.
    /// - Throws: `ZeroMQError` if the message is beyond the socket's limits or the context is gone.
    package borrowing func send(_ message: Message) throws(ZeroMQError) -> SendResult {
        precondition(!message.frames.isEmpty, "send: a message has at least one frame")
        guard message.frames.count <= options.frameCountLimit else {
            throw refusal(.tooManyFrames(limit: options.frameCountLimit), "send")
        }
        if let bytes = message.frames.lazy.map(\.count).max(), bytes > options.frameBytesLimit {
            throw refusal(.frameTooLarge(bytes: bytes, limit: options.frameBytesLimit), "send")
        }
        for (index, frame) in message.frames.enumerated() {
            let isLast = index == message.frames.count - 1
            switch sendFrame(frame, flags: isLast ? 0 : ZMQ_SNDMORE) {
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
    /// - Returns: The message, or nil if none came within the receive timeout or a signal arrived.
    /// - Throws: `ZeroMQError` if the message is beyond the socket's limits (it is then dropped,
    ///   and the next one can be received) or the context is gone.
    package borrowing func receive() throws(ZeroMQError) -> Message? {
        var frames: [[UInt8]] = []
        var oversized: Int?
        var frameCount = 0
        var hasMore = true
        while hasMore {
            var frame = zmq_msg_t()
            unsafe zmq_msg_init(&frame)
            defer { unsafe zmq_msg_close(&frame) }
            guard unsafe zmq_msg_recv(&frame, handle, 0) >= 0 else {
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
        return Message(frames)
    }

    private func refusal(_ code: ZeroMQError.Code, _ operation: String) -> ZeroMQError {
        ZeroMQError(code, operation: operation, subject: "\(kind.rawValue) socket")
    }

    /// Sends one frame; the result is 0 or libzmq's error number.
    private borrowing func sendFrame(_ frame: [UInt8], flags: Int32) -> Int32 {
        while true {
            let sent = unsafe frame.withUnsafeBytes { bytes in
                unsafe zmq_send(handle, bytes.baseAddress, bytes.count, flags)
            }
            if sent >= 0 { return 0 }
            let number = zmq_errno()
            if number != EINTR { return number }
        }
    }

    private borrowing func lastEndpoint() throws(ZeroMQError) -> String {
        // The longest endpoint of any transport here is an ipc path of 107 bytes and its scheme.
        var text = [UInt8](repeating: 0, count: 256)
        var count = text.count
        guard unsafe zmq_getsockopt(handle, ZMQ_LAST_ENDPOINT, &text, &count) == 0 else {
            throw ZeroMQError.last(operation: "read", subject: "last endpoint")
        }
        return String(decoding: text.prefix(max(count - 1, 0)), as: UTF8.self)
    }
}

extension Socket {
    private borrowing func apply(_ options: SocketOptions) throws(ZeroMQError) {
        precondition(options.frameBytesLimit > 0 && options.frameCountLimit > 0)
        try set(ZMQ_SNDHWM, Int32(clamping: options.sendQueueMessages), "send queue")
        try set(ZMQ_RCVHWM, Int32(clamping: options.receiveQueueMessages), "receive queue")
        try set(ZMQ_LINGER, options.linger.milliseconds, "linger")
        try set(ZMQ_SNDTIMEO, options.sendTimeout?.milliseconds ?? -1, "send timeout")
        try set(ZMQ_RCVTIMEO, options.receiveTimeout?.milliseconds ?? -1, "receive timeout")
        try set(ZMQ_BACKLOG, Int32(clamping: options.backlog), "backlog")
        try set(ZMQ_MAXMSGSIZE, Int64(options.frameBytesLimit), "frame limit")
        if let heartbeat = options.heartbeat {
            try set(ZMQ_HEARTBEAT_IVL, heartbeat.interval.milliseconds, "heartbeat interval")
            try set(ZMQ_HEARTBEAT_TIMEOUT, heartbeat.timeout.milliseconds, "heartbeat timeout")
        }
        if kind == .router {
            // Without it a router drops what it cannot route, and nobody hears of it.
            try set(ZMQ_ROUTER_MANDATORY, Int32(1), "router mandatory")
        }
        if let identity = options.routingIdentity {
            let status = unsafe identity.withUnsafeBytes { bytes in
                unsafe zmq_setsockopt(handle, ZMQ_ROUTING_ID, bytes.baseAddress, bytes.count)
            }
            guard status == 0 else {
                throw ZeroMQError.last(operation: "set", subject: "routing identity")
            }
        }
    }

    private borrowing func set<Value: FixedWidthInteger & BitwiseCopyable>(
        _ option: Int32,
        _ value: Value,
        _ name: String
    ) throws(ZeroMQError) {
        var value = value
        guard unsafe zmq_setsockopt(handle, option, &value, MemoryLayout<Value>.size) == 0 else {
            throw ZeroMQError.last(operation: "set", subject: name)
        }
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

extension Duration {
    /// Whole milliseconds, rounded up so that a wait is never shorter than asked for.
    fileprivate var milliseconds: Int32 {
        let (seconds, attoseconds) = components
        let attosecondsPerMillisecond: Int64 = 1_000_000_000_000_000
        let rest = (attoseconds + attosecondsPerMillisecond - 1) / attosecondsPerMillisecond
        let whole = seconds.multipliedReportingOverflow(by: 1000)
        guard !whole.overflow else { return Int32.max }
        return Int32(clamping: whole.partialValue.addingReportingOverflow(rest).partialValue)
    }
}
