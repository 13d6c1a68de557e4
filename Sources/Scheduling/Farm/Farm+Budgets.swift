// Whose fault a failure is: the unit's, the worker's, or nobody's. Each has a budget of its own.
extension Farm {
    /// Counts an end against unit and worker; part of what the ledger knows.
    mutating func blame(_ index: Int, _ unit: UnitKey, _ end: AttemptEnd) {
        let id = workers[index].id
        let isOpen = jobs[unit.job].isNext(unit)
        if isOpen { jobs[unit.job].changeRecord(of: unit) { $0.count(end, by: id) } }
        guard end.isFailure else { return }
        workers.change(index) { $0.unitsFailed += 1 }
        let record = jobs[unit.job].units[unit]
        guard isOpen, let record, record.hasFailed(besides: id) else {
            workers.change(index) { $0.streak.append(unit) }
            return
        }
        // Others share it: it is the unit, and speaks for none of them.
        for other in record.failers + record.hangers {
            guard let index = workers.index(of: other) else { continue }
            workers.change(index) { worker in worker.streak.removeAll { $0 == unit } }
        }
    }

    /// Sets a worker aside that failed what others did not, or that lacks something.
    mutating func penalise(_ index: Int, _ lease: Lease, _ end: AttemptEnd) {
        let unit = lease.unit
        switch end {
        case .declined, .failedResource:
            exclude(index, from: unit.job, first: .seconds(5), most: .seconds(300))
        case _ where end.isFailure:
            let worker = workers[index]
            // Where there are no others, nothing can be told from what they do not share.
            let others = workers.presentCount - (worker.isPresent ? 1 : 0)
            guard others > 0, worker.streak.last == unit else { return }
            let isBad = worker.streak.count >= configuration.workerFailuresFarm
            if worker.canary == lease || (isBad && worker.standing == .trusted) {
                quarantine(index)
            } else if worker.streak.count(where: { $0.job == unit.job })
                >= configuration.workerFailuresJob
            {
                exclude(
                    index,
                    from: unit.job,
                    first: configuration.probation,
                    most: configuration.probationMax
                )
            }
        default: break
        }
    }

    private mutating func quarantine(_ index: Int) {
        commit(.workerChanged(workers[index].id, .quarantined))
        let end = clock + probation(after: workers[index].quarantineCount)
        workers.change(index) { $0.probationEndsAt = end }
        workers.wake(index, at: end)
        place(index)
    }

    /// How long a worker is quarantined for the nth time in a row.
    func probation(after count: Int) -> Duration {
        let doublings = min(max(count - 1, 0), 20)
        return min(configuration.probation * (1 << doublings), configuration.probationMax)
    }

    private mutating func exclude(
        _ index: Int,
        from job: JobID,
        first: Duration,
        most: Duration
    ) {
        let before = workers[index].exclusions.first { $0.job == job }
        let length = min(max(before?.next ?? first, first), most)
        let exclusion = Exclusion(
            job: job,
            until: max(clock + length, before?.until ?? clock),
            next: min(length * 2, most)
        )
        workers.change(index) {
            $0.exclusions.removeAll { $0.job == job }
            $0.exclusions.append(exclusion)
            $0.backlogJobs.removeAll { $0 == job }
        }
        if jobs.contains(job), jobs[job].ready.release(index) { jobs.offer(job) }
        workers.wake(index, at: exclusion.until)
    }

    /// A worker finished a unit of the job: what it did before counts no more.
    mutating func forgive(_ index: Int, _ job: JobID) {
        if workers[index].exclusions.contains(where: { $0.job == job }) {
            workers.change(index) { worker in worker.exclusions.removeAll { $0.job == job } }
            touch(index)
        }
        guard workers[index].standing == .quarantined,
            workers[index].probationEndsAt <= clock
        else { return }
        commit(.workerChanged(workers[index].id, .trusted))
    }

    /// Whether the worker gets units of the job; one that was set aside begins with a single one.
    func mayServe(_ index: Int, _ id: JobID) -> Bool {
        let hasLease = jobs[id].costs.leases[index] != nil
        if let exclusion = workers[index].exclusions.first(where: { $0.job == id }),
            hasLease || exclusion.until > clock
        {
            return false
        }
        guard let most = jobs[id].request.workersMax else { return true }
        return hasLease || jobs[id].costs.leases.count < most
    }

    /// Whether the unit may be given to the worker: not where it failed, but if that is everywhere.
    func isFit(_ unit: UnitKey, for index: Int) -> Bool {
        guard let record = jobs[unit.job].units[unit], !record.failers.isEmpty else { return true }
        return !record.failers.contains(workers[index].id) || hasFailedEverywhere(record)
    }

    private func hasFailedEverywhere(_ record: UnitRecord) -> Bool {
        let present = record.failers.count { id in
            workers.index(of: id).map { workers[$0].isPresent } ?? false
        }
        return present >= workers.presentCount
    }

    /// Holds a unit whose budget is used up.
    mutating func judge(_ unit: UnitKey, _ reason: String) {
        guard let job = jobs.find(unit.job), !job.state.isFinal, let record = job.units[unit],
            !record.isLeased, !record.isHeld
        else { return }
        let isBad =
            record.failers.count >= configuration.unitFailuresMax
            || (record.failureCount >= configuration.unitFailuresMax && hasFailedEverywhere(record))
        if isBad {
            commit(.held(unit, reason: reason))
        } else if record.infrastructureCount >= configuration.infrastructureFailuresMax {
            let count = record.infrastructureCount
            commit(.held(unit, reason: "\(count) attempts were lost, the last: \(reason)"))
        }
    }
}

extension AttemptEnd {
    /// Whether unit or worker failed; the others are nobody's fault.
    var isFailure: Bool {
        switch self {
        case .failedUnit, .failedWorker, .invalid, .hung: true
        case .declined, .returned, .lost, .failedResource, .failedSpecification, .superseded: false
        }
    }
}
