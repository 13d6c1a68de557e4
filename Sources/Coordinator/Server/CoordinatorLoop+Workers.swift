import Logging
import Scheduling
import WireProtocol

// The control socket: hellos, and what workers say.

extension CoordinatorLoop {
    /// Acts on one message that could be read.
    func handle(_ incoming: Incoming) throws {
        if case .hello(let hello) = incoming.envelope.body {
            admit(hello, incoming)
            return
        }
        guard let peer = try board.sender(of: incoming, at: now) else { return }
        switch peer.role {
        case .client: try handleClient(incoming)
        case .worker: handleWorker(incoming, peer)
        case .bulk: handleBulk(incoming, peer)
        }
    }

    private func admit(_ hello: Hello, _ incoming: Incoming) {
        switch reception.judge(hello, incoming, board.membership, at: now) {
        case .refused(let reason, let text):
            board.note(.forbidden, incoming.plane, text, at: now)
            refuse(incoming, reason, text)
        case .admitted(let peer):
            let isKnown = board.peers[incoming.plane]?[incoming.routing] != nil
            guard isKnown || board.peers[incoming.plane]?.hasRoom == true else {
                board.note(.overload, incoming.plane, "too many connections", at: now)
                return refuse(incoming, .unavailable, "too many connections; try again later")
            }
            board.peers[incoming.plane]?.admit(peer, as: incoming.routing)
            guard
                let own = try? Hello(
                    role: "coordinator",
                    software: configuration.software,
                    bootID: reception.bootID
                )
            else { preconditionFailure("the coordinator's hello is within its limits") }
            reply(to: incoming, .hello(own))
        }
    }

    private func handleWorker(_ incoming: Incoming, _ peer: Peer) {
        if case .introduction(let message) = incoming.envelope.body {
            return introduce(message, incoming)
        }
        guard let worker = peer.worker else {
            return refuse(incoming, .unexpected, "introduce yourself first")
        }
        guard board.membership.isCurrent(incoming.routing, of: worker) else {
            return refuse(incoming, .forbidden, "another connection of this worker took over")
        }
        switch incoming.envelope.body {
        case .heartbeat(let message): tell(.heartbeat(worker, message.progress))
        case .leaseReply(let message):
            switch message.reply {
            case .accepted: tell(.accepted(worker, message.lease))
            case .declined: tell(.declined(worker, message.lease, reason: message.reason))
            case .returned: tell(.returned(worker, message.lease))
            }
        case .unitFailed(let message):
            logger.info(
                "unit failed",
                metadata: message.lease.metadata([
                    "worker.id": "\(worker)", "class": "\(message.failure.failureClass.rawValue)",
                    "reason": "\(message.failure.reason)",
                ])
            )
            uploads.drop(message.lease, from: worker)
            tell(.failed(worker, message.lease, message.failure))
        case .calibration(let message): take(message, from: worker)
        case .goodbye(let message): dismiss(worker, reason: message.reason)
        // The other side's word that it did not understand us: nothing hangs on it here.
        case .refusal(let refusal):
            logger.warning(
                "a worker refused a message",
                metadata: ["worker.id": "\(worker)", "text": "\(refusal.text)"]
            )
        default:
            board.note(.forbidden, .control, incoming.envelope.body.kind, at: now)
            refuse(incoming, .unexpected, "a worker does not say this here")
        }
    }

    private func introduce(_ message: IntroductionMessage, _ incoming: Incoming) {
        let worker = incoming.key.map { WorkerID($0) } ?? message.worker
        // One connection is one worker, or a peer could fill the memory with names.
        if let before = board.peers[.control]?[incoming.routing]?.worker, before != worker,
            board.membership.isCurrent(incoming.routing, of: before)
        {
            dismiss(before, reason: "its connection has another name now")
        }
        board.peers[.control]?.identify(incoming.routing, as: worker)
        _ = board.membership.join(worker, at: incoming.routing) {
            Self.randomBytes(WireLimits.sessionBytes)
        }
        devices[worker] = message.introduction.deviceClass
        // Leases of another farm bear the same names as ours; a worker that moves here learns from
        // the welcome that they are not.
        let isOurs = message.farm == farmID
        tell(.joined(worker, isOurs ? message.introduction : message.introduction.withoutLeases))
    }

    /// A worker is gone, by its own word or because it may not stay.
    func dismiss(_ worker: WorkerID, reason: String) {
        logger.info("worker left", metadata: ["worker.id": "\(worker)", "reason": "\(reason)"])
        board.membership.leave(worker)
        devices[worker] = nil
        uploads.drop(from: worker, silentAt: now)
        tell(.left(worker, reason: reason))
    }

    /// Answers a message once what it led to is durable.
    func reply(to incoming: Incoming, _ body: EnvelopeBody, payload: [UInt8]? = nil) {
        send(
            Outgoing(
                plane: incoming.plane,
                routing: incoming.routing,
                body: body,
                replyTo: incoming.envelope.sequence,
                payload: payload
            )
        )
    }

    func refuse(_ incoming: Incoming, _ reason: Refusal.Reason, _ text: String) {
        let sequence = incoming.envelope.sequence
        let refusal = Refusal(reason, clipping: text, refusedSequence: sequence)
        reply(to: incoming, .refusal(refusal))
    }

    static func randomBytes(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }
}
