import CZeroMQ
import Glibc

/// `ZMQ_ZAP_ENFORCE_DOMAIN`, by its number: the header shows it to draft builds only, and others
/// honour it all the same.
private let enforceDomainOption: Int32 = 93

extension SocketHandle {
    func apply(_ options: SocketOptions, to kind: SocketKind) throws(ZeroMQError) {
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
            // With it a newcomer could take a peer's place by its routing identity.
            try set(ZMQ_ROUTER_HANDOVER, Int32(0), "router handover")
        }
        if let identity = options.routingIdentity {
            try set(ZMQ_ROUTING_ID, bytes: identity, "routing identity")
        }
        try applyConnection(options)
        switch options.curve {
        case nil: break
        case .server(let keys, let domain):
            precondition(!domain.isEmpty, "a socket without a domain admits everybody")
            try set(ZMQ_CURVE_SERVER, Int32(1), "CURVE server")
            try set(ZMQ_CURVE_SECRETKEY, bytes: keys.secretBytes, "secret key")
            try set(ZMQ_ZAP_DOMAIN, bytes: Array(domain.utf8), "ZAP domain")
        case .client(let serverKey, let keys):
            try set(ZMQ_CURVE_SERVERKEY, bytes: serverKey.bytes, "server key")
            try set(ZMQ_CURVE_PUBLICKEY, bytes: keys.publicKey.bytes, "public key")
            try set(ZMQ_CURVE_SECRETKEY, bytes: keys.secretBytes, "secret key")
        }
    }

    /// Makes libzmq refuse every peer when nobody answers for `domain`.
    ///
    /// - Returns: False if this libzmq does not know the setting.
    func enforceDomain(_ domain: String) throws(ZeroMQError) -> Bool {
        do {
            try set(enforceDomainOption, Int32(1), "enforcement of domain \(domain)")
            return true
        } catch {
            guard error.code == .library(EINVAL) else { throw error }
            return false
        }
    }

    private func applyConnection(_ options: SocketOptions) throws(ZeroMQError) {
        try set(ZMQ_IMMEDIATE, Int32(options.immediate ? 1 : 0), "immediate")
        try set(ZMQ_HANDSHAKE_IVL, options.handshakeTimeout.milliseconds, "handshake timeout")
        try set(ZMQ_TCP_KEEPALIVE, Int32(options.keepsAlive ? 1 : 0), "keepalive")
        if let timeout = options.connectTimeout {
            try set(ZMQ_CONNECT_TIMEOUT, timeout.milliseconds, "connect timeout")
        }
        if let reconnect = options.reconnect {
            try set(ZMQ_RECONNECT_IVL, reconnect.base.milliseconds, "reconnect pause")
            try set(ZMQ_RECONNECT_IVL_MAX, reconnect.longest.milliseconds, "longest pause")
        }
    }

    private func set<Value: FixedWidthInteger & BitwiseCopyable>(
        _ option: Int32,
        _ value: Value,
        _ name: String
    ) throws(ZeroMQError) {
        var value = value
        let bytes = MemoryLayout<Value>.size
        guard unsafe zmq_setsockopt(pointer, option, &value, bytes) == 0 else {
            throw ZeroMQError.last(operation: "set", subject: name)
        }
    }

    private func set(
        _ option: Int32,
        bytes: [UInt8],
        _ name: String
    ) throws(ZeroMQError) {
        let status = unsafe bytes.withUnsafeBytes { bytes in
            unsafe zmq_setsockopt(pointer, option, bytes.baseAddress, bytes.count)
        }
        guard status == 0 else { throw ZeroMQError.last(operation: "set", subject: name) }
    }
}

extension Duration {
    /// Whole milliseconds, rounded up so that a wait is never shorter than asked for.
    var milliseconds: Int32 {
        let (seconds, attoseconds) = components
        let attosecondsPerMillisecond: Int64 = 1_000_000_000_000_000
        let rest = (attoseconds + attosecondsPerMillisecond - 1) / attosecondsPerMillisecond
        let whole = seconds.multipliedReportingOverflow(by: 1000)
        guard !whole.overflow else { return Int32.max }
        return Int32(clamping: whole.partialValue.addingReportingOverflow(rest).partialValue)
    }
}
