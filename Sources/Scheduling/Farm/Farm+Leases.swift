// Leases: granted, renewed, ended.
extension Farm {
    /// Gives a unit to a worker.
    mutating func grant(_ unit: UnitKey, to index: Int) {
        let lease = Lease(unit, Epoch(instance: instance, number: grantCount + 1))
        guard let order = jobs[unit.job].order(of: unit) else {
            preconditionFailure("\(unit) is granted and not there")
        }
        commit(.granted(workers[index].id, lease))
        begin(lease, isAccepted: false)
        if workers[index].standing == .quarantined { workers.change(index) { $0.canary = lease } }
        outbox.act(.offer(workers[index].id, lease, order))
    }

    /// Whether the worker goes on with a lease that it names.
    ///
    /// One that has ended is taken up again if its unit is wanted and not run twice already.
    mutating func isKept(_ lease: Lease, by index: Int) -> Bool {
        if let record = leases[lease] {
            guard record.worker == index else { return false }
            renew(lease, by: index)
            return true
        }
        let isPast =
            lease.epoch.instance < instance
            || (lease.epoch.instance == instance && lease.epoch.number <= grantCount)
        guard isPast, leases[lease.epoch] == nil, wants(lease.unit),
            jobs[lease.unit.job].units[lease.unit]?.canTakeAttempt ?? true,
            workers[index].leases.count < workers[index].credit
        else { return false }
        commit(.granted(workers[index].id, lease))
        begin(lease, isAccepted: true)
        return true
    }

    private mutating func begin(_ lease: Lease, isAccepted: Bool) {
        leases.change(lease.epoch) {
            $0.isAccepted = isAccepted
            $0.grantedAt = clock
            $0.advancedAt = clock
            $0.expiresAt = clock + configuration.lease
        }
        let first = isAccepted ? configuration.lease : configuration.acceptTimeout
        leases.wake(lease.epoch, at: clock + first)
        // One copy is enough.
        let attempts = jobs[lease.unit.job].units[lease.unit]?.attempts ?? []
        for epoch in attempts where epoch != lease.epoch {
            leases.setEnding(epoch, at: nil)
        }
    }

    /// A message about a lease: it holds for another lease time.
    mutating func renew(_ lease: Lease, by index: Int) {
        guard leases[lease]?.worker == index else { return }
        leases.change(lease.epoch) {
            $0.isAccepted = true
            $0.expiresAt = clock + configuration.lease
        }
    }

    mutating func accepted(_ id: WorkerID, _ lease: Lease) {
        guard let index = connected(id) else { return }
        if isKept(lease, by: index) { return }
        if !wants(lease.unit) { outbox.act(.withdraw(id, lease)) }
    }

    mutating func receiving(_ id: WorkerID, _ lease: Lease) {
        guard let index = connected(id), leases[lease]?.worker == index else { return }
        renew(lease, by: index)
        leases.change(lease.epoch) {
            $0.phase = .delivering
            $0.advancedAt = clock
        }
        leases.setEnding(lease.epoch, at: nil)
    }

    mutating func declined(_ id: WorkerID, _ lease: Lease, _ reason: String) {
        guard let index = connected(id), leases[lease]?.worker == index else { return }
        endAttempt(lease, .declined, reason)
    }

    mutating func returned(_ id: WorkerID, _ lease: Lease) {
        guard let index = connected(id), leases[lease]?.worker == index else { return }
        endAttempt(lease, .returned, "given back")
    }

    mutating func failed(_ id: WorkerID, _ lease: Lease, _ failure: UnitFailure) {
        guard let index = connected(id), leases[lease]?.worker == index else { return }
        switch failure.failureClass {
        case .unit: endAttempt(lease, .failedUnit, failure.reason)
        case .worker: endAttempt(lease, .failedWorker, failure.reason)
        case .resource: endAttempt(lease, .failedResource, failure.reason)
        case .infrastructure: endAttempt(lease, .lost, failure.reason)
        case .specification:
            endAttempt(lease, .failedSpecification, failure.reason)
            fail(lease.unit.job, failure.reason)
        }
    }

    mutating func invalid(_ id: WorkerID, _ lease: Lease, _ reason: String) {
        let index = connected(id)
        let isWanted = wants(lease.unit)
        if let index, leases[lease]?.worker == index { endAttempt(lease, .invalid, reason) }
        outbox.act(.acknowledge(id, lease, isWanted ? .rejected : .unneeded))
    }

    /// An attempt ends without a result; its consequences for the unit, the worker and the job.
    mutating func endAttempt(_ lease: Lease, _ end: AttemptEnd, _ reason: String) {
        guard let record = leases[lease] else { return }
        commit(.ended(workers[record.worker].id, lease, end, reason: reason))
        penalise(record.worker, lease, end)
        judge(lease.unit, reason)
        settle(lease.unit.job)
    }

    /// An attempt that nobody needs any more ends, and its worker is told.
    mutating func supersede(_ epoch: Epoch, _ reason: String) {
        guard let record = leases[epoch] else { return }
        let id = workers[record.worker].id
        commit(.ended(id, record.lease, .superseded, reason: reason))
        outbox.act(.withdraw(id, record.lease))
    }

    mutating func tick() {
        while let record = leases.nextAwake(at: clock) {
            let due = dueTime(of: record)
            if due > clock {
                leases.wake(record.lease.epoch, at: due)
            } else {
                expire(record)
            }
        }
        while let index = workers.nextAwake(at: clock) { look(after: index) }
        offerBacklogs()
    }

    private mutating func expire(_ record: LeaseRecord) {
        let silence = clock.since(workers[record.worker].heardAt)
        if record.expiresAt <= clock {
            endAttempt(record.lease, .lost, "nothing was heard of the unit for too long")
        } else if !record.isAccepted {
            endAttempt(record.lease, .declined, "the offer was not answered")
        } else {
            let id = workers[record.worker].id
            endAttempt(
                record.lease,
                .hung,
                "no step for too long, though the worker spoke \(silence.components.seconds) s ago"
            )
            outbox.act(.withdraw(id, record.lease))
        }
    }

    /// When a lease ends if nothing more is heard of it, or if it does not advance.
    private mutating func dueTime(of record: LeaseRecord) -> Instant {
        guard record.isAccepted else {
            return min(record.expiresAt, record.grantedAt + configuration.acceptTimeout)
        }
        switch record.phase {
        case .running:
            let steps = Self.span(5 * (record.pace.nanoseconds ?? 0))
            let limit = max(configuration.progressTimeout, steps)
            return min(record.expiresAt, record.advancedAt + limit)
        case .loading:
            return min(record.expiresAt, record.advancedAt + configuration.loadingTimeout)
        case .delivering where isWritable, .waiting where isNextToRun(record):
            return min(record.expiresAt, record.advancedAt + configuration.loadingTimeout)
        case .waiting, .delivering:
            // It waits for something else; its own time begins after that.
            leases.change(record.lease.epoch) { $0.advancedAt = clock }
            return record.expiresAt
        }
    }

    private func isNextToRun(_ record: LeaseRecord) -> Bool {
        workers[record.worker].leases.allSatisfy { lease in
            lease == record.lease || leases[lease]?.phase == .waiting
        }
    }

    mutating func setStorage(_ isWritable: Bool) {
        guard self.isWritable != isWritable else { return }
        self.isWritable = isWritable
        guard isWritable else { return }
        for place in workers.available { outbox.touched.append(place.worker) }
        for id in Array(jobs.ids) { jobs.offer(id) }
    }

    /// The coordinator's loop stood still: nobody could be heard, so nobody was silent.
    mutating func stall(_ duration: Duration) {
        guard duration > .zero else { return }
        stalled += duration
        clock = Instant(nanoseconds: clock.nanoseconds - duration.wholeNanoseconds)
    }
}
