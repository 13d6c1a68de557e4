import Scheduling
import WireProtocol
import ZeroMQ

/// Who may come in as what.
struct Reception {
    /// Who is enrolled; nil where there are no keys.
    let keys: AllowList?
    /// What tells this start of the coordinator from others.
    let bootID: [UInt8]

    /// What a hello leads to.
    enum Verdict {
        case admitted(Peer)
        case refused(Refusal.Reason, String)
    }

    /// Judges a hello.
    ///
    /// - Parameters:
    ///   - hello: What the peer says of itself.
    ///   - incoming: How it came.
    ///   - membership: Whose sessions there are.
    ///   - now: The time.
    /// - Returns: The peer, or why it is none.
    func judge(
        _ hello: Hello,
        _ incoming: Incoming,
        _ membership: Membership,
        at now: Instant
    ) -> Verdict {
        guard let role = PeerRole(rawValue: hello.role) else {
            return .refused(.malformed, "\(hello.role): expected worker, client or bulk")
        }
        guard (role == .bulk) == (incoming.plane == .bulk) else {
            return .refused(.unexpected, "a \(role.rawValue) connects to the other socket")
        }
        if let keys {
            let needed: KeyRole = role == .client ? .client : .worker
            guard let key = incoming.key.flatMap({ CurveKey(z85: $0) }),
                keys.holder(of: key)?.role == needed
            else {
                return .refused(.forbidden, "this key is not enrolled as a \(needed.rawValue)")
            }
        }
        var peer = Peer(
            role,
            key: incoming.key,
            lastSequence: incoming.envelope.sequence,
            lastHeard: now
        )
        if role == .bulk {
            guard let worker = membership.worker(showing: hello.bootID),
                incoming.key == nil || incoming.key == worker.name
            else { return .refused(.unexpected, "no worker has this session; introduce yourself") }
            peer.worker = worker
        }
        return .admitted(peer)
    }
}
