// What happens to jobs.
extension Farm {
    mutating func submit(_ id: JobID, _ request: JobRequest) {
        guard jobs.job(for: request.idempotencyKey) == nil else { return }
        commit(.submitted(id, request))
        outbox.act(.jobChanged(id, jobs[id].state, reason: nil))
        outbox.act(.plan(id))
    }

    mutating func plan(_ id: JobID, _ shots: [ShotOutline], isLast: Bool) {
        guard let job = jobs.find(id), !job.state.isFinal, !job.isPlanned else { return }
        let known = job.shotCount
        if let reason = job.contradiction(of: shots, isLast: isLast) {
            fail(id, reason)
            return
        }
        let fresh = shots.filter { $0.index >= known }
        if !fresh.isEmpty || isLast { commit(.planned(id, fresh, isLast: isLast)) }
        settle(id)
    }

    mutating func planningFailed(_ id: JobID, _ reason: String) {
        guard let job = jobs.find(id), !job.state.isFinal, !job.isPlanned else { return }
        fail(id, reason)
    }

    mutating func assembled(_ id: JobID) {
        guard jobs.find(id)?.state == .assembling else { return }
        end(id, as: .done, reason: nil)
    }

    mutating func assemblyFailed(_ id: JobID, _ reason: String) {
        guard jobs.find(id)?.state == .assembling else { return }
        fail(id, reason)
    }

    mutating func obey(_ command: JobCommand, for id: JobID) {
        guard let job = jobs.find(id) else { return }
        switch command {
        case .pause:
            if job.state == .running || job.state == .held { change(id, to: .paused, nil) }
        case .resume:
            if job.state == .paused {
                change(id, to: .running, nil)
                settle(id)
            }
        case .cancel:
            if !job.state.isFinal || job.state == .failed { end(id, as: .cancelled, reason: nil) }
        case .retry: retry(id)
        case .setPriority(let priority):
            guard !job.state.isFinal, job.request.priority != priority else { return }
            commit(.priorityChanged(id, priority))
        }
    }

    private mutating func retry(_ id: JobID) {
        guard let job = jobs.find(id), job.state == .failed || !job.state.isFinal else { return }
        let wasFailed = job.state == .failed
        guard wasFailed || job.units.values.contains(where: \.isHeld) else { return }
        commit(.reopened(id))
        if wasFailed {
            change(id, to: .running, nil)
            if !job.isPlanned { outbox.act(.plan(id)) }
        }
        settle(id)
    }

    mutating func fail(_ id: JobID, _ reason: String) {
        end(id, as: .failed, reason: reason)
    }

    /// The job comes to its end: nothing of it runs or is started any more.
    private mutating func end(_ id: JobID, as state: JobState, reason: String?) {
        let isPlanned = jobs[id].isPlanned
        let wasAssembling = jobs[id].state == .assembling
        for epoch in jobs[id].attempts { supersede(epoch, "the job has ended") }
        commit(.jobChanged(id, state, reason: reason))
        if !isPlanned || wasAssembling, state != .done {
            outbox.act(.abandon(id))
        }
        outbox.act(.jobChanged(id, state, reason: reason))
        // What a failed job has is for `retry`.
        if state != .failed { outbox.act(.discardJob(id)) }
        while jobs.ended.count > configuration.endedJobsMax, let oldest = jobs.ended.first {
            if jobs[oldest].state == .failed { outbox.act(.discardJob(oldest)) }
            commit(.discarded(oldest))
        }
    }

    mutating func change(_ id: JobID, to state: JobState, _ reason: String?) {
        commit(.jobChanged(id, state, reason: reason))
        outbox.act(.jobChanged(id, state, reason: reason))
    }

    /// Moves an open job to where its units are.
    mutating func settle(_ id: JobID) {
        guard let job = jobs.find(id) else { return }
        switch job.state {
        case .running where job.isComplete:
            change(id, to: .assembling, nil)
            outbox.act(.assemble(id))
        case .running where job.isStuck:
            let count = job.counts.values.reduce(0) { $0 + $1.held }
            let units = count == 1 ? "1 unit failed and waits" : "\(count) units failed and wait"
            change(id, to: .held, "\(units) for a retry")
        case .held where !job.isStuck:
            change(id, to: .running, nil)
            settle(id)
        case .assembling where !job.isComplete:
            outbox.act(.abandon(id))
            change(id, to: .running, nil)
            settle(id)
        default: break
        }
    }

    mutating func lose(_ unit: UnitKey) {
        guard let job = jobs.find(unit.job), !job.state.isFinal, job.result(of: unit) != nil else {
            return
        }
        commit(.lost(unit))
        settle(unit.job)
    }
}

extension JobRecord {
    /// What is wrong with shots that planning found again, or found at all.
    fileprivate func contradiction(of found: [ShotOutline], isLast: Bool) -> String? {
        for shot in found where shot.index < shotCount {
            guard shots[shot.index].outline == shot else {
                return "shot \(shot.index) is not what it was: the input has changed"
            }
        }
        guard isLast else { return nil }
        guard shotCount > 0 || !found.isEmpty else { return "the input has no frames" }
        if let last = found.last, last.index + 1 < shotCount {
            return "the input has \(last.index + 1) shots and had \(shotCount): it has changed"
        }
        return nil
    }
}
