// What the shell and people ask.
extension Farm {
    /// What the unit is; nil if there is none of this name.
    package func order(of unit: UnitKey) -> UnitOrder? { jobs.find(unit.job)?.order(of: unit) }

    /// Whether all that the unit reads is there: its inputs can be served.
    package func hasInputs(for unit: UnitKey) -> Bool {
        guard let job = jobs.find(unit.job), job.contains(unit) else { return false }
        return job.hasInputs(unit)
    }

    /// Least and largest depth of a shot; nil until all its depth is there, and after its sampling.
    package func depthRange(of shot: Int, in job: JobID) -> ClosedRange<Float>? {
        guard let record = jobs.find(job), record.shots.indices.contains(shot) else { return nil }
        return record.shots[shot].depthRange
    }

    package func outline(of shot: Int, in job: JobID) -> ShotOutline? {
        guard let record = jobs.find(job), record.shots.indices.contains(shot) else { return nil }
        return record.shots[shot].outline
    }

    /// The accepted result of a unit; nil if there is none, or none any more.
    package func result(of unit: UnitKey) -> ResultSummary? {
        jobs.contains(unit.job) ? jobs[unit.job].result(of: unit) : nil
    }

    package func report(_ job: JobID) -> JobReport? { jobs.find(job)?.report }

    /// Jobs before one, or all, newest first.
    package func reports(before: JobID?, limit: Int) -> [JobReport] {
        var reports: [JobReport] = []
        var next = before.map { jobs.ids.before($0) } ?? jobs.ids.last
        while let id = next, reports.count < limit {
            reports.append(jobs[id].report)
            next = jobs.ids.before(id)
        }
        return reports
    }

    /// What a worker last said it is; nil if it is not known any more.
    package func nameAndDevice(of worker: WorkerID) -> (name: String, deviceClass: String)? {
        workers.index(of: worker).map { (workers[$0].name, workers[$0].deviceClass) }
    }

    /// All workers that are or were there, by name.
    package func workers(at now: Instant) -> [WorkerReport] {
        let now = Instant(nanoseconds: now.nanoseconds - stalled.wholeNanoseconds)
        return workers.known.sorted { $0.id < $1.id }.map { worker in
            WorkerReport(
                id: worker.id,
                name: worker.name,
                deviceClass: worker.deviceClass,
                isConnected: worker.isConnected,
                standing: worker.standing,
                leases: worker.leases.compactMap { lease in
                    leases[lease].map {
                        LeaseProgress(lease, phase: $0.phase, done: $0.done, total: $0.total)
                    }
                },
                unitsDone: worker.unitsDone,
                unitsFailed: worker.unitsFailed,
                silence: max(.zero, now.since(worker.heardAt))
            )
        }
    }
}

extension JobRecord {
    func order(of unit: UnitKey) -> UnitOrder? {
        guard contains(unit) else { return nil }
        guard unit.unit.kind != .content else {
            return UnitOrder(frames: 0..<0, firstFrame: 0, steps: 0..<0)
        }
        let shot = shots[unit.shot]
        return UnitOrder(
            frames: shot.work.frames(of: unit.unit),
            firstFrame: shot.outline.firstFrame,
            steps: shot.work.steps(of: unit.unit)
        )
    }

    var report: JobReport {
        JobReport(
            id: id,
            request: request,
            state: state,
            reason: reason,
            isPlanned: isPlanned,
            shotCount: shotCount,
            frameCount: frameCount,
            units: counts,
            attempts: costs.attempts,
            speculativeAttempts: costs.speculativeAttempts,
            workerCount: costs.leases.count,
            stepsDone: costs.stepsDone + costs.stepsRunning,
            stepsTotal: costs.stepsTotal,
            heldUnits: units.filter(\.value.isHeld).keys.sorted()
        )
    }
}
