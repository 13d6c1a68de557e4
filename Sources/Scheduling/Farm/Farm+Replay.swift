// What each entry of the ledger means; the only place where what it knows is changed.
extension Farm {
    /// Makes a fact so, when it happens and in a replay.
    ///
    /// Entries of jobs that are not there any more mean nothing.
    mutating func apply(_ entry: LedgerEntry) {
        switch entry {
        case .started(let instance):
            self.instance = instance
            grantCount = 0
        case .submitted(let id, let request):
            jobs.add(id, request)
            enqueue(UnitKey(job: id, shot: 0, unit: UnitID(.content)))
        case .planned(let id, let shots, let isLast):
            guard jobs.contains(id) else { return }
            jobs[id].add(shots, isLast: isLast)
            jobs.offer(id)
        case .granted(let worker, let lease): applyGrant(worker, lease)
        case .ended(let worker, let lease, let end, _): applyEnd(worker, lease, end)
        case .finished(let worker, let lease, let summary): applyFinish(worker, lease, summary)
        case .held(let unit, _):
            guard jobs.contains(unit.job) else { return }
            jobs[unit.job].hold(unit)
            jobs.offer(unit.job)
        case .reopened(let id):
            guard jobs.contains(id) else { return }
            for unit in jobs[id].reopen() { enqueue(unit) }
            jobs.offer(id)
        case .lost(let unit):
            guard jobs.contains(unit.job) else { return }
            for unit in jobs[unit.job].lose(unit) { enqueue(unit) }
            jobs.offer(unit.job)
        case .jobChanged(let id, let state, let reason):
            guard jobs.contains(id) else { return }
            jobs.setState(id, state, reason)
            if state == .done || state == .cancelled { jobs[id].compact() }
        case .priorityChanged(let id, let priority):
            guard jobs.contains(id) else { return }
            jobs.setPriority(id, priority)
        case .workerChanged(let id, let standing): applyStanding(id, standing)
        case .discarded(let id): jobs.remove(id)
        }
    }

    private mutating func applyGrant(_ id: WorkerID, _ lease: Lease) {
        guard jobs.contains(lease.unit.job) else { return }
        let index = workers.add(id)
        let isCopy = jobs[lease.unit.job].units[lease.unit]?.isLeased == true
        if lease.epoch.instance == instance {
            grantCount = max(grantCount, lease.epoch.number)
        }
        leases.add(LeaseRecord(lease, worker: index, isCopy: isCopy))
        let isReplay = !isStarted
        workers.change(index) {
            if isReplay { $0.isExpected = true }
            $0.leases.append(lease)
            if lease.unit.unit.kind == .sample { $0.lastWindow = lease.unit }
        }
        jobs[lease.unit.job].lease(lease.unit, lease.epoch, worker: index)
        jobs.closeIfServed(lease.unit.job)
        touch(index)
    }

    private mutating func applyEnd(_ id: WorkerID, _ lease: Lease, _ end: AttemptEnd) {
        let index = workers.add(id)
        let record = leases.remove(lease.epoch)
        if let record { dropLease(lease, of: record.worker) }
        guard jobs.contains(lease.unit.job) else { return }
        jobs[lease.unit.job].costs.attempts[end, default: 0] += 1
        blame(index, lease.unit, end)
        guard let record else { return }
        let ready = jobs[lease.unit.job].release(lease.unit, lease.epoch, worker: record.worker)
        if let ready { enqueue(ready) }
        jobs.offer(lease.unit.job)
    }

    private mutating func applyFinish(
        _ id: WorkerID,
        _ lease: Lease,
        _ summary: ResultSummary
    ) {
        let index = workers.add(id)
        let record = leases.remove(lease.epoch)
        if let record { dropLease(lease, of: record.worker) }
        workers.change(index) {
            $0.unitsDone += 1
            $0.streak = []
        }
        guard jobs.find(lease.unit.job)?.isNext(lease.unit) == true else { return }
        let outcome = jobs[lease.unit.job].finish(
            lease.unit,
            summary,
            lease.epoch,
            worker: record?.worker ?? index
        )
        for unit in outcome.ready { enqueue(unit) }
        for unit in outcome.discarded { outbox.act(.discard(unit)) }
        jobs.offer(lease.unit.job)
    }

    private mutating func dropLease(_ lease: Lease, of worker: Int) {
        workers.change(worker) { record in record.leases.removeAll { $0 == lease } }
        // What comes next begins now, unless it runs already, while the result before it travelled.
        if let next = workers[worker].leases.first, leases[next]?.phase == .waiting {
            leases.change(next.epoch) { $0.advancedAt = clock }
        }
        touch(worker)
    }

    private mutating func applyStanding(_ id: WorkerID, _ standing: WorkerStanding) {
        let index = workers.add(id)
        workers.change(index) {
            if standing == .quarantined { $0.quarantineCount += 1 }
            if $0.standing == .heldBack || $0.standing == .quarantined, standing == .trusted {
                $0.exclusions = []
            }
            $0.streak = []
            $0.standing = standing
        }
        if standing != .trusted { releaseBacklogs(of: index) }
        touch(index)
    }

    /// Gives a ready unit its place: with the worker that had its window, if that can go on.
    mutating func enqueue(_ unit: UnitKey) {
        var owner = jobs[unit.job].owner(of: unit)
        if let index = owner, !mayOwn(index, unit) { owner = nil }
        jobs[unit.job].enqueue(unit, owner: owner)
        if let owner {
            workers.change(owner) { record in
                let jobs = record.backlogJobs
                if !jobs.contains(unit.job) {
                    let place = jobs.firstIndex { $0 > unit.job } ?? jobs.count
                    record.backlogJobs.insert(unit.job, at: place)
                }
            }
            touch(owner)
        }
        jobs.offer(unit.job)
    }

    /// Whether a unit may wait for this worker.
    private func mayOwn(_ index: Int, _ unit: UnitKey) -> Bool {
        let worker = workers[index]
        let isExpected = worker.isExpected && worker.standing == .trusted
        guard worker.isPresent || isExpected else { return false }
        guard jobs[unit.job].units[unit]?.failers.contains(worker.id) != true else { return false }
        return !worker.exclusions.contains { $0.job == unit.job }
    }

    /// Units that wait for a worker are for whoever comes.
    mutating func releaseBacklogs(of index: Int) {
        for id in workers[index].backlogJobs where jobs.contains(id) {
            if jobs[id].ready.release(index) { jobs.offer(id) }
        }
        workers.change(index) { $0.backlogJobs = [] }
    }

    /// The worker's room may have changed.
    mutating func touch(_ index: Int) {
        outbox.touched.append(index)
        place(index)
    }
}
