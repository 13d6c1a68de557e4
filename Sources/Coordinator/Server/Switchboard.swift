import Logging
import Scheduling
import WireProtocol
import ZeroMQ

/// A message for a peer.
struct Outgoing: Sendable {
    var plane = Plane.control
    let routing: RoutingID
    let body: EnvelopeBody
    /// The message it answers; 0 for none.
    var replyTo: UInt64 = 0
    /// The frame after the envelope, for chunks.
    var payload: [UInt8]?
}

/// A message that could be read.
struct Incoming {
    let plane: Plane
    let routing: RoutingID
    /// Who the authenticator found the sender to be; nil where there are no keys.
    let key: String?
    let envelope: Envelope
    let payload: [UInt8]?
}

/// The two sockets, who is at their other ends, and what strangers get: nothing but a refusal.
///
/// Of the loop's thread.
final class Switchboard {
    var peers: [Plane: Peers]
    var membership = Membership()
    private(set) var traffic = TrafficLog()
    private let sockets: [Plane: PolledSocket]
    private let usesKeys: Bool
    private let limits: CoordinatorLimits
    private let logger: Logger

    init(
        control: PolledSocket,
        bulk: PolledSocket,
        usesKeys: Bool,
        limits: CoordinatorLimits,
        logger: Logger
    ) {
        sockets = [.control: control, .bulk: bulk]
        peers = [
            .control: Peers(limit: limits.connections), .bulk: Peers(limit: limits.connections),
        ]
        self.usesKeys = usesKeys
        self.limits = limits
        self.logger = logger
    }

    /// Takes the messages of one turn from both sockets, as many from each at most, and answers
    /// those that cannot be read.
    ///
    /// - Throws: `ZeroMQError` if the context is gone.
    func receive(at now: Instant) throws(ZeroMQError) -> [Incoming] {
        var incoming: [Incoming] = []
        for plane in Plane.allCases {
            guard let socket = sockets[plane] else { continue }
            let drained = try socket.drain(atMost: limits.messagesPerTurn)
            for refusal in drained.refusals {
                note(.tooLarge, plane, "\(refusal)", at: now)
            }
            for message in drained.messages {
                if let read = try read(message, plane, at: now) { incoming.append(read) }
            }
        }
        return incoming
    }

    /// Sends a message, or drops it if the peer is gone or does not read: whoever waits for it asks
    /// again.
    ///
    /// - Throws: `ZeroMQError` if the context is gone.
    func send(_ outgoing: Outgoing, at now: Instant) throws(ZeroMQError) {
        do {
            try outgoing.body.check()
        } catch {
            // A value of our own that does not fit a message must not end the coordinator.
            logger.error(
                "a message cannot be sent",
                metadata: ["kind": "\(outgoing.body.kind)", "error": "\(error)"]
            )
            guard outgoing.replyTo != 0 else { return }
            let text = "the answer does not fit a message: \(error)"
            return try refuse(.unavailable, text, outgoing.replyTo, outgoing, at: now)
        }
        let sequence = peers[outgoing.plane]?.nextSequence(to: outgoing.routing) ?? 1
        let envelope = Envelope(outgoing.body, sequence: sequence, replyTo: outgoing.replyTo)
        var frames = [outgoing.routing.bytes, envelope.encoded()]
        if let payload = outgoing.payload { frames.append(payload) }
        switch try sockets[outgoing.plane]?.send(Message(frames)) {
        case .queueFull: note(.queueFull, outgoing.plane, outgoing.body.kind, at: now)
        case .unroutable: note(.unroutable, outgoing.plane, outgoing.body.kind, at: now)
        case .sent, nil: break
        }
    }

    func note(_ kind: TrafficLog.Kind, _ plane: Plane, _ detail: String, at now: Instant) {
        traffic.note(kind, plane, detail, at: now, logger)
    }

    /// Messages that were not acted upon, by why.
    var refusedCounts: [TrafficLog.Kind: UInt64] { traffic.counts }

    // MARK: Reading

    private func read(
        _ message: Message,
        _ plane: Plane,
        at now: Instant
    ) throws(ZeroMQError) -> Incoming? {
        let frames = message.frames
        // A router always gives the peer's name first; the rest is the peer's.
        guard let first = frames.first else { return nil }
        let routing = RoutingID(bytes: first)
        let answer = Outgoing(plane: plane, routing: routing, body: .done(DoneMessage()))
        guard frames.count == 2 || frames.count == 3 else {
            note(.malformed, plane, "\(frames.count - 1) frames", at: now)
            try refuse(.malformed, "expected 1 or 2 frames", 0, answer, at: now)
            return nil
        }
        let envelope: Envelope
        do {
            envelope = try Envelope(decoding: frames[1])
        } catch {
            note(error.trafficKind, plane, "\(error)", at: now)
            try refuse(error.refusalReason, "\(error)", 0, answer, at: now)
            return nil
        }
        if usesKeys, message.userID == nil {
            note(.forbidden, plane, "a message without a key", at: now)
            return nil
        }
        return Incoming(
            plane: plane,
            routing: routing,
            key: message.userID,
            envelope: envelope,
            payload: frames.count == 3 ? frames[2] : nil
        )
    }

    /// The sender of a message that is no hello, if it has said hello, is still who it was, and has
    /// not sent this before; strangers are told to.
    ///
    /// - Throws: `ZeroMQError` if the context is gone.
    func sender(of incoming: Incoming, at now: Instant) throws(ZeroMQError) -> Peer? {
        let (plane, routing) = (incoming.plane, incoming.routing)
        let sequence = incoming.envelope.sequence
        guard let peer = peers[plane]?[routing], peer.key == incoming.key else {
            note(.stranger, plane, incoming.envelope.body.kind, at: now)
            let answer = Outgoing(plane: plane, routing: routing, body: .done(DoneMessage()))
            try refuse(.unexpected, "say hello first", sequence, answer, at: now)
            return nil
        }
        guard peers[plane]?.hear(routing, sequence: sequence, at: now) == true else {
            note(.replayed, plane, "\(incoming.envelope.body.kind) number \(sequence)", at: now)
            return nil
        }
        return peer
    }

    private func refuse(
        _ reason: Refusal.Reason,
        _ text: String,
        _ sequence: UInt64,
        _ answer: Outgoing,
        at now: Instant
    ) throws(ZeroMQError) {
        let refusal = Refusal(reason, clipping: text, refusedSequence: sequence)
        let outgoing = Outgoing(
            plane: answer.plane,
            routing: answer.routing,
            body: .refusal(refusal),
            replyTo: sequence
        )
        try send(outgoing, at: now)
    }
}

extension WireError {
    fileprivate var trafficKind: TrafficLog.Kind {
        switch code {
        case .unsupportedVersion: .otherVersion
        case .tooLarge: .tooLarge
        default: .malformed
        }
    }

    fileprivate var refusalReason: Refusal.Reason {
        switch code {
        case .unsupportedVersion: .version
        case .tooLarge: .tooLarge
        default: .malformed
        }
    }
}

extension EnvelopeBody {
    /// The message's name, for the log.
    var kind: String {
        Mirror(reflecting: self).children.first?.label ?? "message"
    }
}
