/// The test that a listener makes of itself before it serves: a key drawn this instant, which
/// nobody can have enrolled, has to be refused.
///
/// It holds where libzmq does not know the setting that enforces the domain, and where a mistake
/// left the authenticator out.
package enum KeyTrial {
    /// Returns once a stranger was turned away.
    ///
    /// - Parameters:
    ///   - endpoint: Where the listener is bound; of this process or another.
    ///   - serverKey: The listener's public key.
    ///   - context: For the stranger's socket.
    ///   - patience: The longest time for an answer.
    /// - Throws: `ZeroMQError` with `notGuarded` if the stranger got in, or if nothing was
    ///   answered in time.
    package static func run(
        _ endpoint: String,
        serverKey: CurveKey,
        in context: Context,
        patience: Duration = .seconds(10)
    ) throws(ZeroMQError) {
        var options = SocketOptions()
        options.curve = .client(serverKey: serverKey, keys: try .generate())
        let stranger = try Socket(.dealer, in: context, options: options)
        let monitor = try SocketMonitor(stranger)
        try stranger.connect(endpoint)
        let end = ContinuousClock.now.advanced(by: patience)
        while true {
            let left = ContinuousClock.now.duration(to: end)
            guard left > .zero else { break }
            for event in try monitor.take(waiting: left) {
                switch event.kind {
                case .handshakeRefused: return
                case .handshakeSucceeded: throw notGuarded(endpoint)
                // Broken by a listener that has no authenticator but enforces its domain.
                case .handshakeBroken: return
                case .handshakeMalformed, .disconnected, .connectFailed: continue
                }
            }
        }
        throw notGuarded(endpoint)
    }

    private static func notGuarded(_ endpoint: String) -> ZeroMQError {
        ZeroMQError(.notGuarded, operation: "try", subject: endpoint)
    }
}
