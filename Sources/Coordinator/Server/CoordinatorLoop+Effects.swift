import Logging
import Scheduling
import WireProtocol

// What the machine asks for, done in order after its entries are in the ledger.

extension CoordinatorLoop {
    /// Notes what people read about an effect, before the batch is committed.
    func note(_ effect: FarmEffect) {
        switch effect {
        case .record(.finished(let worker, let lease, _)):
            noteOrigin(of: lease.unit, worker)
        case .record(.held(let unit, let reason)):
            logger.warning("unit held", metadata: unit.metadata(["reason": "\(reason)"]))
            addEvent("\(unit) is held: \(reason)", to: unit.job)
        case .record(.lost(let unit)):
            jobs[unit.job]?.depthRanges[unit.shot] = nil
            addEvent("the result of \(unit) was lost and is made again", to: unit.job)
        case .record(.discarded(let job)): jobs[job] = nil
        case .record(.planned(let job, _, isLast: true)):
            guard let report = farm.report(job) else { return }
            let text =
                "planned: "
                + NumberText.count(report.shotCount, "shot") + ", "
                + NumberText.count(report.frameCount, "frame")
            addEvent(text, to: job)
        case .jobChanged(let job, let state, let reason):
            let because = reason.map { ": \($0)" } ?? ""
            logger.info(
                "job changed",
                metadata: ["job.id": "\(job)", "state": "\(state.rawValue)\(because)"]
            )
            addEvent("\(state.rawValue)\(because)", to: job)
            if state.isFinal {
                jobs[job]?.close(at: clock.wallSeconds)
            } else {
                jobs[job]?.reopen()
            }
        default: break
        }
    }

    /// Adds a line to a job's history; durable with the next commit.
    func addEvent(_ text: String, to job: JobID) {
        let line = JobEventLine(
            time: clock.wallSeconds,
            text: text.clipped(to: WireLimits.eventBytes)
        )
        jobs[job]?.add(line)
        storage.note(line, of: job)
    }

    func perform(_ effect: FarmEffect) throws {
        switch effect {
        case .record, .jobChanged: break
        case .welcome(let worker, let answers):
            try welcome(worker, answers)
        case .offer(let worker, let lease, let order):
            try offer(lease, order, to: worker)
        case .withdraw(let worker, let lease):
            uploads.drop(lease, from: worker)
            try send(.withdraw(WithdrawMessage(lease)), to: worker)
        case .acknowledge(let worker, let lease, let disposition):
            logger.debug(
                "result acknowledged",
                metadata: lease.metadata(["disposition": "\(disposition.rawValue)"])
            )
            uploads.drop(lease, from: worker)
            try send(.acknowledge(AcknowledgeMessage(lease, disposition)), to: worker)
        case .askToDrain(let worker):
            try send(.drain(DrainMessage()), to: worker)
        case .plan(let job):
            startPlanning(job)
        case .abandon(let job):
            media.abandon(job)
        case .assemble(let job):
            startAssembly(job)
        case .discard(let unit):
            storage.writer.discard(unit)
        case .discardJob(let job):
            media.abandon(job)
            inputs.forget(job)
            storage.writer.discard(job)
            logger.info("working files of a job removed", metadata: ["job.id": "\(job)"])
        }
    }

    private func welcome(_ worker: WorkerID, _ answers: [Lease: LeaseAnswer]) throws {
        guard let session = board.membership.session(of: worker) else { return }
        let message = WelcomeMessage(
            instance: farm.instance,
            session: session,
            answers: answers,
            farm: farmID
        )
        logger.info("worker joined", metadata: ["worker.id": "\(worker)"])
        try send(.welcome(message), to: worker)
    }

    private func offer(_ lease: Lease, _ order: UnitOrder, to worker: WorkerID) throws {
        let key = lease.unit
        guard let job = jobs[key.job]?.specification,
            let inputs = describedInputs(of: key, order)
        else { return }
        let shot = farm.outline(of: key.shot, in: key.job)
        var message = OfferMessage(
            lease: lease,
            order: order,
            job: job,
            shotFrames: shot?.work.frameCount ?? 0,
            inputs: inputs,
            result: UnitTensors.result(of: key.unit, frames: order.frames, in: job)
        )
        if key.unit.kind == .sample, let shot {
            let range = depthRange(of: shot, in: key.job)
            message.depthLeast = range.lowerBound
            message.depthLargest = range.upperBound
        }
        message.calibrates = isToCalibrate(lease, worker)
        logger.debug("unit offered", metadata: lease.metadata(["worker.id": "\(worker)"]))
        try send(.offer(message), to: worker)
    }

    /// The range of depth over the whole shot, whose units are all done when it is asked for.
    private func depthRange(of shot: ShotOutline, in job: JobID) -> ClosedRange<Float> {
        // A long shot has thousands of depth units, and every offer needs this.
        if let range = jobs[job]?.depthRanges[shot.index] { return range }
        guard let range = farm.depthRange(of: shot.index, in: job) else { return 0...0 }
        jobs[job]?.depthRanges[shot.index] = range
        return range
    }

    /// Sends to a worker that is connected; one that is not finds out when it comes back.
    private func send(_ body: EnvelopeBody, to worker: WorkerID) throws {
        guard let routing = board.membership.routing(of: worker) else { return }
        try board.send(Outgoing(routing: routing, body: body), at: now)
    }
}
