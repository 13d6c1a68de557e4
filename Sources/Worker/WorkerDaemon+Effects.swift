import Logging
import Scheduling
import WireProtocol

// What the session says is to be done.

extension WorkerDaemon {
    func perform(_ effect: WorkerEffect) throws {
        switch effect {
        case .introduce(let running, let finished, let isDraining):
            try introduce(running, finished, isDraining)
        case .heartbeat(let progress):
            let message = HeartbeatMessage(
                progress: Array(progress.prefix(WireLimits.leases)),
                freeSpoolBytes: UInt64(spool.freeByteCount)
            )
            try connection.send(.heartbeat(message))
        case .accept(let lease):
            logger.info("unit accepted", metadata: metadata(lease))
            try connection.send(.leaseReply(LeaseReplyMessage(lease, .accepted)))
        case .decline(let lease, let reason):
            logger.info("unit declined", metadata: metadata(lease, ["reason": "\(reason)"]))
            // One that is still being stopped goes with `forget`.
            if fetcher.inputs(of: lease) == nil { offers[lease] = nil }
            try connection.send(
                .leaseReply(LeaseReplyMessage(lease, .declined, reason: reason.clipped()))
            )
        case .reportFailure(let lease, let failure): try report(failure, of: lease)
        case .giveBack(let lease):
            logger.info("unit given back", metadata: metadata(lease))
            try connection.send(.leaseReply(LeaseReplyMessage(lease, .returned)))
        case .fetch(let lease):
            guard let offer = offers[lease] else { break }
            try take(fetcher.start(offer, at: now))
        case .run(let lease): try start(lease)
        case .interrupt(let lease):
            logger.info("unit stops", metadata: metadata(lease))
            if !runner.stop(lease) {
                try tell(.runnerFailed(lease, UnitFailure(.infrastructure, "stopped unrun")))
            }
        case .killRunner: runner.kill("it did not stop in time")
        case .deliver(let lease): try deliver(lease)
        case .forget(let lease):
            offers[lease] = nil
            fetcher.forget(lease)
            uploader.forget(lease)
            spool.remove(lease)
        case .leave(let exit):
            try connection.send(.goodbye(GoodbyeMessage(reason: "\(exit)")))
            self.exit = exit
        }
    }

    private func introduce(_ running: [Lease], _ finished: [Lease], _ isDraining: Bool) throws {
        let introduction = WorkerIntroduction(
            name: configuration.name,
            deviceClass: deviceClass ?? "",
            credit: configuration.credit,
            isDraining: isDraining,
            running: Array(running.prefix(WireLimits.leases)),
            // Beyond this many the oldest go first; the next introduction names others.
            finished: Array(finished.prefix(WireLimits.leases))
        )
        try introduce(IntroductionMessage(introduction, worker: workerID, farm: spool.farm))
    }

    /// Says what this worker is, now or as soon as somebody is connected.
    func introduce(_ message: IntroductionMessage) throws {
        let isSent = try connection.sendHello() && connection.send(.introduction(message))
        unsentIntroduction = isSent ? nil : message
    }

    private func report(_ failure: UnitFailure, of lease: Lease) throws {
        logger.warning(
            "unit failed",
            metadata: metadata(
                lease,
                ["class": "\(failure.failureClass.rawValue)", "reason": "\(failure.reason)"]
            )
        )
        let clipped = UnitFailure(
            failure.failureClass,
            failure.reason.clipped()
        )
        try connection.send(.unitFailed(UnitFailedMessage(lease, clipped)))
    }

    /// What came of fetching inputs.
    func take(_ outcomes: [Fetcher.Outcome]) throws {
        for outcome in outcomes {
            switch outcome {
            case .missing(let lease, let reason):
                try tell(.inputsMissing(lease, reason: reason))
            case .ready(let lease):
                // Room for the result is made before the work, not found missing after it.
                guard let offer = offers[lease] else { break }
                let bytes = try offer.result.byteCount() + Self.resultHeaderBytes
                let hasRoom = spool.reserve(bytes, for: lease)
                try tell(hasRoom ? .inputsReady(lease) : .spoolFull(lease))
            }
        }
    }

    /// More than the header of a file of one tensor takes.
    private static let resultHeaderBytes = 4096

    private func start(_ lease: Lease) throws {
        guard let offer = offers[lease], let inputs = fetcher.inputs(of: lease) else {
            let failure = UnitFailure(.infrastructure, "its inputs are gone")
            return try tell(.runnerFailed(lease, failure))
        }
        do {
            var job = offer.job
            let paths = ModelPath(configuration.modelsFolder, shipped: configuration.shippedModels)
            job.model = try paths.resolve(job.model)
            var order = RunnerOrder(
                lease: lease,
                job: job,
                order: offer.order,
                shotFrames: offer.shotFrames,
                depthRange: DepthRange(least: offer.depthLeast, largest: offer.depthLargest),
                inputs: inputs,
                output: spool.path(of: lease),
                result: InputDescription(
                    offer.result.name,
                    offer.result.scalarType,
                    offer.result.shape
                )
            )
            order.calibrates = offer.calibrates
            try order.check()
            runner.run(order)
        } catch {
            return try tell(.runnerFailed(lease, UnitFailure(.specification, "\(error)")))
        }
        noteProgress(isRunning: true)
        show("running \(lease.unit)")
        logger.info("unit runs", metadata: metadata(lease))
    }

    private func deliver(_ lease: Lease) throws {
        do {
            uploader.start(lease, try spool.result(of: lease))
            logger.info("result goes out", metadata: metadata(lease))
        } catch {
            // Nothing can be delivered any more; the session drops it as if it were answered for.
            try report(
                UnitFailure(.worker, "its result in the spool is damaged: \(error)"),
                of: lease
            )
            try tell(.acknowledged(lease, .rejected))
        }
    }

    func metadata(_ lease: Lease, _ more: Logger.Metadata = [:]) -> Logger.Metadata {
        let unit: Logger.Metadata = [
            "job.id": "\(lease.unit.job)", "unit.id": "\(lease.unit)",
            "lease.epoch": "\(lease.epoch)",
        ]
        return unit.merging(more) { $1 }
    }
}
