import Logging
import Scheduling

/// Counts what peers do wrong, and says so at most every few seconds: whoever floods the sockets
/// must not flood the log as well.
struct TrafficLog {
    enum Kind: String, CaseIterable, Sendable {
        case malformed
        case otherVersion
        case tooLarge
        case replayed
        /// From a connection that has not said hello.
        case stranger
        /// Of a kind that this peer does not send, or with another's key.
        case forbidden
        /// The peer is gone.
        case unroutable
        /// The peer does not read what it is sent.
        case queueFull
        /// Not acted upon for want of room.
        case overload
    }

    static let interval = Duration.seconds(10)

    private(set) var counts: [Kind: UInt64] = [:]
    private var told: [Kind: (count: UInt64, at: Instant)] = [:]

    mutating func note(
        _ kind: Kind,
        _ plane: Plane,
        _ detail: String,
        at now: Instant,
        _ logger: Logger
    ) {
        let count = counts[kind, default: 0] + 1
        counts[kind] = count
        let last = told[kind]
        if let last, now.since(last.at) < Self.interval { return }
        told[kind] = (count, now)
        logger.warning(
            "a message was not acted upon",
            metadata: [
                "kind": "\(kind.rawValue)", "socket": "\(plane.rawValue)", "detail": "\(detail)",
                "count": "\(count)", "since.last": "\(count - (last?.count ?? 0))",
            ]
        )
    }
}
