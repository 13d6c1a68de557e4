import CZeroMQ
import Glibc
import Synchronization

/// Decides who passes the handshake of the encrypted listeners of a context: the ZAP handler.
///
/// libzmq asks it about every connection, by the client's public key (RFC 27). It runs on a thread
/// of its own, so that a busy loop keeps nobody waiting. It fails closed: listeners enforce their
/// domain, so without an answer that says yes nobody gets in, and when this thread is gone nobody
/// is answered. Make it before the first listener is bound; one for a context.
package final class Authenticator: Sendable {
    package enum Verdict: Hashable, Sendable {
        case admitted
        case refused
        /// The list of keys cannot be read just now; the client may try again.
        case unavailable
    }

    private let wakeUp: WakeUp
    private let thread: PlainThread
    private let account: Account

    /// Starts answering.
    ///
    /// - Parameters:
    ///   - context: Whose listeners ask.
    ///   - domain: Other domains are refused.
    ///   - decide: Called on the authenticator's thread, for each connection; has 5 s at most.
    /// - Throws: `ZeroMQError` if the context has an authenticator already or the system no thread.
    package init(
        _ context: Context,
        domain: String,
        decide: @escaping @Sendable (CurveKey) -> Verdict
    ) throws(ZeroMQError) {
        precondition(!domain.isEmpty, "libzmq asks about sockets with a domain only")
        wakeUp = try WakeUp()
        account = Account()
        let poller = Poller(wakeUp: wakeUp)
        let socket = poller.add(try Socket(.router, in: context))
        _ = try socket.socket.bind("inproc://zeromq.zap.01")
        let loop = AuthenticatorLoop(
            poller: poller,
            socket: socket,
            domain: domain,
            decide: decide,
            account: account
        )
        thread = try PlainThread { loop.run() }
    }

    deinit {
        stop()
    }

    /// Connections that were admitted, refused and put off so far.
    package var counts: (admitted: Int, refused: Int, unavailable: Int) {
        (
            account.admitted.load(ordering: .relaxed), account.refused.load(ordering: .relaxed),
            account.unavailable.load(ordering: .relaxed)
        )
    }

    /// Answers nobody from now on: new connections are refused.
    ///
    /// Returns when the thread has ended.
    package func stop() {
        account.isStopped.store(true, ordering: .releasing)
        wakeUp.signal()
        thread.join()
    }
}

private final class Account: Sendable {
    let admitted = Atomic(0)
    let refused = Atomic(0)
    let unavailable = Atomic(0)
    let isStopped = Atomic(false)
}

/// What the authenticator's thread runs.
///
/// `@unchecked Sendable` holds because the thread that makes it hands it over before the other
/// starts, and keeps no name of it: starting a thread orders their accesses.
private final class AuthenticatorLoop: @unchecked Sendable {
    private let poller: Poller
    private let socket: PolledSocket
    private let domain: [UInt8]
    private let decide: @Sendable (CurveKey) -> Authenticator.Verdict
    private let account: Account

    init(
        poller: Poller,
        socket: PolledSocket,
        domain: String,
        decide: @escaping @Sendable (CurveKey) -> Authenticator.Verdict,
        account: Account
    ) {
        self.poller = poller
        self.socket = socket
        self.domain = Array(domain.utf8)
        self.decide = decide
        self.account = account
    }

    /// Ends when it is told to, or when the context is gone; both close the socket.
    func run() {
        do {
            while !account.isStopped.load(ordering: .acquiring) {
                _ = try poller.wait(for: nil)
                for request in try socket.drain(atMost: 64).messages {
                    // A connection that is gone by now needs no answer.
                    if let reply = reply(to: request) { _ = try socket.send(reply) }
                }
            }
        } catch {
            account.isStopped.store(true, ordering: .releasing)
        }
    }

    /// Nil for what has no frame to answer to: the handshake then runs out of time.
    private func reply(to request: Message) -> Message? {
        // Routing identity, delimiter, then the frames of RFC 27: version, request, domain,
        // address, identity, mechanism, credentials.
        let frames = request.frames
        guard frames.count >= 4, frames[1].isEmpty else { return nil }
        let version = Array("1.0".utf8)
        let verdict: Authenticator.Verdict
        var userID = ""
        if frames.count == 9, frames[2] == version, frames[4] == domain,
            frames[7] == Array("CURVE".utf8), let key = CurveKey(bytes: frames[8])
        {
            verdict = decide(key)
            userID = key.z85
        } else {
            verdict = .refused
        }
        let status: (code: String, text: String)
        switch verdict {
        case .admitted:
            status = ("200", "OK")
            account.admitted.add(1, ordering: .relaxed)
        case .refused:
            status = ("400", "not enrolled")
            userID = ""
            account.refused.add(1, ordering: .relaxed)
        case .unavailable:
            status = ("500", "no list of keys")
            userID = ""
            account.unavailable.add(1, ordering: .relaxed)
        }
        return Message([
            frames[0], [], version, frames[3], Array(status.code.utf8), Array(status.text.utf8),
            Array(userID.utf8), [],
        ])
    }
}
