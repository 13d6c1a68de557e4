import Logging
import Scheduling
import WireProtocol

// What the coordinator says, and what goes to it beside the session's own words.

extension WorkerDaemon {
    func handle(_ incoming: CoordinatorConnection.Incoming) throws {
        switch incoming {
        case .control(let envelope): try handleControl(envelope)
        case .bulk(let envelope, let payload): try handleBulk(envelope, payload ?? [])
        case .unreadable(let error):
            logger.debug("a message cannot be read", metadata: ["error": "\(error)"])
            // Before the first welcome a message of another version is the answer to our hello.
            if case .unsupportedVersion = error.code, instance == nil {
                throw WorkerError(.versionMismatch, "\(configuration.control): \(error)")
            }
        }
    }

    private func handleControl(_ envelope: Envelope) throws {
        switch envelope.body {
        case .hello(let hello):
            logger.debug("coordinator", metadata: ["software": "\(hello.software)"])
            try tell(.heard)
        case .welcome(let message): try welcome(message)
        case .offer(let message): try consider(message)
        case .withdraw(let message):
            logger.info("unit withdrawn", metadata: metadata(message.lease))
            try tell(.withdrawn(message.lease))
        case .acknowledge(let message):
            logger.info(
                "result acknowledged",
                metadata: metadata(
                    message.lease,
                    ["disposition": "\(message.disposition.rawValue)"]
                )
            )
            try tell(.acknowledged(message.lease, message.disposition))
        case .drain:
            logger.notice("the coordinator asks for a drain")
            try tell(.askedToDrain)
        case .refusal(let refusal): try take(refusal)
        default: noteUnexpected(envelope)
        }
    }

    private func welcome(_ message: WelcomeMessage) throws {
        if message.farm != spool.farm {
            logger.notice("joins a farm", metadata: ["farm": "\(message.farm)"])
            let isFirst = spool.farm == nil
            if !isFirst { dropEverything() }
            try spool.enter(message.farm)
            guard isFirst, spool.leases.isEmpty else {
                // It named what means nothing there, and did not name what waits for that farm.
                session.startOver(finished: spool.leases)
                return try tell(.tick)
            }
        }
        if instance != message.instance {
            logger.notice(
                "welcomed",
                metadata: [
                    "instance": "\(message.instance)", "answers": "\(message.answers.count)",
                ]
            )
            show("connected to \(configuration.control)")
        }
        instance = message.instance
        connection.open(message.session)
        try tell(.welcomed(instance: message.instance, answers: message.answers))
    }

    /// The coordinator is of another farm: nothing that this worker holds means anything there.
    ///
    /// Finished results stay in the spool, for the farm they are of.
    private func dropEverything() {
        if !offers.isEmpty {
            runner = RunnerProcess(configuration.runner, logger: logger)
            noteProgress(isRunning: false)
        }
        for lease in Array(offers.keys) + spool.leases {
            fetcher.forget(lease)
            uploader.forget(lease)
        }
        offers = [:]
        instance = nil
        connection.open(nil)
    }

    private func consider(_ offer: OfferMessage) throws {
        // An offer that comes again changes nothing of what is under way.
        if offers[offer.lease] == nil { offers[offer.lease] = offer }
        let steps =
            switch offer.lease.unit.unit.kind {
            case .content: 1
            case .depth, .decode: offer.order.frames.count
            case .sample: offer.order.steps.count
            }
        try tell(.offered(offer.lease, steps: steps))
    }

    private func take(_ refusal: Refusal) throws {
        switch refusal.reason {
        case .version:
            throw WorkerError(.versionMismatch, "\(configuration.control): \(refusal.text)")
        case .unknown, .unexpected, .conflict:
            logger.notice("introduces itself again", metadata: ["text": "\(refusal.text)"])
            try tell(.unknown)
        case .forbidden where instance == nil:
            // It never let this worker in, and asking again does not change that.
            throw WorkerError(.keyRefused, "\(configuration.control): \(refusal.text)")
        case .malformed, .tooLarge, .forbidden, .unavailable:
            logger.warning("the coordinator refuses", metadata: ["text": "\(refusal.text)"])
            try tell(.heard)
        }
    }

    private func handleBulk(_ envelope: Envelope, _ payload: [UInt8]) throws {
        try tell(.heard)
        switch envelope.body {
        case .hello: break
        case .chunk(let message): try take(fetcher.take(message, payload))
        case .stored(let message):
            if uploader.stored(message) {
                logger.info("result is over", metadata: metadata(message.lease))
                try tell(.delivered(message.lease))
            }
        case .refusal(let refusal):
            if refusal.reason == .unexpected {
                connection.greetAgain()
                startTransfersOver()
            }
            logger.debug("a transfer is refused", metadata: ["text": "\(refusal.text)"])
            try take(fetcher.refused(refusal.refusedSequence, refusal))
        default: noteUnexpected(envelope)
        }
    }

    private func noteUnexpected(_ envelope: Envelope) {
        logger.debug("a coordinator does not say this", metadata: ["body": "\(envelope.body)"])
    }

    /// What was on the way on a connection that is no more is sent again.
    func startTransfersOver() {
        fetcher.startOver()
        uploader.startOver()
    }

    /// Asks for chunks and sends chunks, as many as may be on the way.
    func pump() throws {
        for request in fetcher.requests(at: now) {
            if let sequence = try connection.sendBulk(.fetch(request), at: now) {
                fetcher.sent(request, as: sequence)
            } else {
                fetcher.unsent(request)
            }
        }
        for chunk in try uploader.chunks(at: now) {
            let isSent =
                try connection.sendBulk(.chunk(chunk.message), payload: chunk.bytes, at: now) != nil
            if !isSent { uploader.unsent(chunk.message) }
        }
    }

    // MARK: The runner

    func handle(_ event: RunnerProcess.Event) throws {
        switch event {
        case .ready(let deviceClass):
            logger.info("runner is ready", metadata: ["device.class": "\(deviceClass)"])
            self.deviceClass = deviceClass
        case .progress(let lease, let phase, let done):
            noteProgress(isRunning: true)
            try tell(.runnerProgress(lease, phase: phase, done: done))
        case .calibrated(let lease, let values):
            logger.info("class of devices calibrated", metadata: metadata(lease))
            // Asked for again with another unit if nobody is connected now.
            try connection.send(.calibration(CalibrationMessage(lease, values)))
        case .finished(let lease): try finish(lease)
        case .failed(let lease, let failure):
            noteProgress(isRunning: false)
            try tell(.runnerFailed(lease, failure))
        case .died(let reason):
            noteProgress(isRunning: false)
            try spool.removePartialFiles()
            guard runner.failedStarts < Self.failedStartsMax else {
                throw WorkerError(
                    .runner,
                    "\(configuration.runner.path) was started \(runner.failedStarts) times in vain: "
                        + reason
                )
            }
            if deviceClass != nil { try tell(.runnerDied(reason: reason)) }
        }
    }

    private func finish(_ lease: Lease) throws {
        noteProgress(isRunning: false)
        guard let offer = offers[lease] else {
            // It was withdrawn and let go before the runner heard of it.
            spool.remove(lease)
            return try tell(.runnerFailed(lease, UnitFailure(.infrastructure, "not wanted")))
        }
        do {
            try spool.admit(lease, expecting: offer.result)
        } catch {
            return try tell(.runnerFailed(lease, UnitFailure(.worker, "\(error)")))
        }
        logger.info("unit finished", metadata: metadata(lease))
        show("idle")
        try tell(.runnerFinished(lease))
    }
}
