import Dispatch
import Logging
import Scheduling
import WireProtocol

// The bulk socket: inputs that workers fetch and results that they deliver.

extension CoordinatorLoop {
    func handleBulk(_ incoming: Incoming, _ peer: Peer) {
        // A worker that left and came back shows a new session; this connection is of the old one.
        guard let worker = peer.worker, board.membership.routing(of: worker) != nil else {
            board.peers[.bulk]?.forget(incoming.routing)
            return refuse(incoming, .unexpected, "this session is over; introduce yourself")
        }
        switch incoming.envelope.body {
        case .fetch(let message): fetch(message, incoming)
        case .chunk(let message): receive(message, incoming, from: worker)
        case .refusal: break
        default:
            board.note(.forbidden, .bulk, incoming.envelope.body.kind, at: now)
            refuse(incoming, .unexpected, "a worker does not say this here")
        }
    }

    // MARK: Inputs

    private func fetch(_ message: FetchMessage, _ incoming: Incoming) {
        let unit = message.lease.unit
        guard farm.wants(unit), farm.hasInputs(for: unit), let order = farm.order(of: unit),
            let described = describedInputs(of: unit, order)
        else { return refuse(incoming, .unknown, "\(unit) is not wanted now") }
        guard let description = described.first(where: { $0.name == message.input }) else {
            return refuse(incoming, .unknown, "\(unit) has no input \(message.input)")
        }
        guard let (key, recipe) = recipe(for: description, of: unit, order) else {
            return refuse(incoming, .unknown, "the results that \(unit) needs are not there")
        }
        let waiter = InputDesk.Waiter(
            incoming.routing,
            message.lease,
            chunk: message.chunk,
            sequence: incoming.envelope.sequence
        )
        switch inputs.ask(for: key, waiter) {
        case .ready(let tensor): answer(waiter, with: tensor)
        case .building: break
        case .missing: build(description, key, recipe)
        case .overloaded:
            board.note(.overload, .bulk, "too many fetches", at: now)
            refuse(incoming, .unavailable, "too many fetches; try again later")
        }
    }

    /// Makes an input on a queue; a letter brings it back.
    private func build(_ description: InputDescription, _ key: InputKey, _ recipe: InputRecipe) {
        let results = storage.results
        let mailbox = mailbox
        media.queue(for: recipe).async {
            let outcome: Result<InputTensor, any Error>
            do {
                let bytes = try recipe.bytes(description, frames: key.frames, from: results)
                outcome = .success(InputTensor(description, bytes))
            } catch {
                outcome = .failure(error)
            }
            mailbox.post(.inputBuilt(key, outcome))
        }
    }

    /// An input came back from its queue.
    func inputBuilt(_ key: InputKey, _ outcome: Result<InputTensor, any Error>) {
        switch outcome {
        case .success(let tensor):
            for waiter in inputs.finish(key, tensor) { answer(waiter, with: tensor) }
            if key.name == "latents" { preview(key, tensor) }
        case .failure(let error):
            if let lost = error as? LostResult { lose(lost) }
            logger.warning(
                "an input cannot be made",
                metadata: ["job.id": "\(key.job)", "input": "\(key.name)", "error": "\(error)"]
            )
            for waiter in inputs.finish(key, nil) {
                refuse(waiter, .unavailable, "\(key.name): \(error)")
            }
        }
    }

    private func answer(_ waiter: InputDesk.Waiter, with tensor: InputTensor) {
        let chunkBytes = configuration.limits.chunkBytes
        guard let header = tensor.header(chunk: waiter.chunk, chunkBytes: chunkBytes) else {
            return refuse(waiter, .malformed, "\(tensor.description.name) has fewer chunks")
        }
        send(
            Outgoing(
                plane: .bulk,
                routing: waiter.routing,
                body: .chunk(ChunkMessage(waiter.lease, header)),
                replyTo: waiter.sequence,
                payload: tensor.chunk(header)
            )
        )
    }

    private func refuse(_ waiter: InputDesk.Waiter, _ reason: Refusal.Reason, _ text: String) {
        let refusal = Refusal(reason, clipping: text, refusedSequence: waiter.sequence)
        send(
            Outgoing(
                plane: .bulk,
                routing: waiter.routing,
                body: .refusal(refusal),
                replyTo: waiter.sequence
            )
        )
    }

    // MARK: Results

    private func receive(_ message: ChunkMessage, _ incoming: Incoming, from worker: WorkerID) {
        let (lease, header) = (message.lease, message.header)
        guard let chunk = incoming.payload, chunk.count == header.byteRange.count else {
            board.note(.malformed, .bulk, "a chunk of the wrong size", at: now)
            return refuse(incoming, .malformed, "expected \(header.byteRange.count) bytes")
        }
        guard farm.wants(lease.unit) else {
            // The machine knows what it did with the unit; nothing more of the bytes is needed.
            let summary = ResultSummary(
                checksum: header.checksum,
                byteCount: header.byteCount,
                least: 0,
                largest: 0
            )
            return tell(.resultStored(worker, lease, summary))
        }
        guard let expected = expectedResult(of: lease.unit) else {
            return refuse(incoming, .unknown, "\(lease.unit) is no unit of this coordinator")
        }
        if let objection = ResultCheck.objection(to: header, expecting: expected) {
            return tell(.resultInvalid(worker, lease, reason: objection))
        }
        guard storage.isWritable else {
            return refuse(incoming, .unavailable, "the coordinator's disk is full; keep the result")
        }
        tell(.receiving(worker, lease))
        switch uploads.take(chunk, header, from: worker, for: lease, at: now) {
        case .overloaded(let text):
            board.note(.overload, .bulk, text, at: now)
            return refuse(incoming, .unavailable, text)
        case .partial: break
        case .complete(let header, let bytes):
            // Another's result of this unit may be on its way to the disk; this one comes again
            // unless that one makes it superfluous.
            guard storing.insert(lease.unit).inserted else { break }
            storage.writer.submit(
                Delivery(worker: worker, lease: lease, header: header, bytes: bytes)
            )
        }
        reply(to: incoming, .stored(StoredMessage(lease, chunk: header.chunkIndex)))
    }

    private func expectedResult(of unit: UnitKey) -> InputDescription? {
        guard let job = jobs[unit.job]?.specification, let order = farm.order(of: unit) else {
            return nil
        }
        return UnitTensors.result(of: unit.unit, frames: order.frames, in: job)
    }

    /// Deliveries came back from the disk.
    func stored(_ outcomes: [DeliveryOutcome]) throws(CoordinatorError) {
        for outcome in outcomes {
            let (worker, lease) = (outcome.worker, outcome.lease)
            if case .stored(let summary) = outcome.verdict {
                try consider(Candidate(worker, lease, summary))
                continue
            }
            storing.remove(lease.unit)
            switch outcome.verdict {
            case .stored: break
            case .invalid(let reason):
                logger.warning(
                    "an invalid result",
                    metadata: lease.metadata(["worker.id": "\(worker)", "reason": "\(reason)"])
                )
                tell(.resultInvalid(worker, lease, reason: reason))
            case .diskFull(let reason): storageFailed(reason)
            case .fatal(let reason):
                throw CoordinatorError(.durability, "a result is not safe on the disk: \(reason)")
            }
        }
    }

    /// A result that was accepted is not there any more: its unit is open again.
    func lose(_ lost: LostResult) {
        // It may have been discarded while somebody was reading it.
        guard farm.result(of: lost.unit) != nil else { return }
        logger.error(
            "an accepted result is lost and will be made again",
            metadata: lost.unit.metadata(["reason": "\(lost)"])
        )
        storage.results.forget(lost.unit)
        tell(.artifactLost(lost.unit))
    }
}
