// Workers come, are heard of, and go.
extension Farm {
    mutating func join(_ id: WorkerID, _ introduction: WorkerIntroduction) {
        let index = workers.add(id)
        workers.change(index) {
            $0.name = introduction.name
            $0.deviceClass = introduction.deviceClass
            $0.credit = introduction.credit
            $0.isConnected = true
            $0.isExpected = false
            $0.isLeaving = introduction.isDraining
            $0.strayCount = 0
        }
        hear(index)
        workers.wake(index, at: clock + configuration.lease)
        var answers: [Lease: LeaseAnswer] = [:]
        for lease in introduction.running {
            answers[lease] = isKept(lease, by: index) ? .keep : .abort
        }
        for lease in introduction.finished {
            answers[lease] = wants(lease.unit) ? .upload : .abort
            renew(lease, by: index)
        }
        // An offer that was not accepted yet may still be on the way.
        for lease in workers[index].leases where answers[lease] == nil {
            if leases[lease]?.isAccepted == true {
                endAttempt(lease, .lost, "the worker does not know the unit any more")
            }
        }
        outbox.act(.welcome(id, answers))
        if introduction.isDraining { releaseBacklogs(of: index) }
        if workers[index].standing == .draining, !introduction.isDraining {
            outbox.act(.askToDrain(id))
        }
        touch(index)
    }

    mutating func leave(_ id: WorkerID, _ reason: String) {
        guard let index = workers.index(of: id), workers[index].isConnected else { return }
        workers.change(index) {
            $0.isConnected = false
            $0.strayCount = 0
        }
        releaseBacklogs(of: index)
        place(index)
        for lease in workers[index].leases {
            endAttempt(lease, .lost, "the worker left: \(reason)")
        }
        workers.retire(index)
    }

    mutating func obey(_ command: WorkerCommand, for id: WorkerID) {
        guard let index = workers.index(of: id) else { return }
        let standing = workers[index].standing
        switch command {
        case .drain:
            if standing != .draining { commit(.workerChanged(id, .draining)) }
            if workers[index].isConnected { outbox.act(.askToDrain(id)) }
        case .undrain:
            if standing == .draining { commit(.workerChanged(id, .trusted)) }
        case .quarantine:
            if standing != .heldBack { commit(.workerChanged(id, .heldBack)) }
        case .release:
            guard standing == .heldBack || standing == .quarantined else { return }
            workers.change(index) { $0.quarantineCount = 0 }
            commit(.workerChanged(id, .trusted))
        }
    }

    mutating func heartbeat(_ id: WorkerID, _ progress: [LeaseProgress]) {
        guard let index = connected(id) else { return }
        var strays = 0
        var busyUntil: Instant? = clock
        for report in progress {
            if leases[report.lease]?.worker == index || isKept(report.lease, by: index) {
                renew(report.lease, by: index)
                busyUntil = advance(report, after: busyUntil)
            } else {
                strays += 1
                if !wants(report.lease.unit) { outbox.act(.withdraw(id, report.lease)) }
            }
        }
        if workers[index].strayCount != strays {
            workers.change(index) { $0.strayCount = strays }
            touch(index)
        }
    }

    /// A message of a worker that is known to be there; others introduce themselves first.
    mutating func connected(_ id: WorkerID) -> Int? {
        guard let index = workers.index(of: id), workers[index].isConnected else { return nil }
        hear(index)
        return index
    }

    private mutating func hear(_ index: Int) {
        let wasSilent = workers[index].isSilent
        workers.change(index) {
            $0.heardAt = clock
            $0.isSilent = false
        }
        if wasSilent { touch(index) }
    }

    /// Looks after a worker: whether it is still there, and whether it may come back.
    mutating func look(after index: Int) {
        let open = workers[index].exclusions.filter {
            jobs.contains($0.job) && !jobs[$0.job].state.isFinal
        }
        workers.change(index) { $0.exclusions = open }
        let worker = workers[index]
        if !worker.isConnected || clock.since(worker.heardAt) >= configuration.lease {
            workers.change(index) {
                $0.isSilent = true
                $0.isExpected = false
            }
            releaseBacklogs(of: index)
        }
        var next: [Instant] = worker.exclusions.map(\.until)
        if worker.isConnected { next.append(worker.heardAt + configuration.lease) }
        if worker.standing == .quarantined { next.append(worker.probationEndsAt) }
        // What is silent is heard of before it counts again.
        if let next = next.filter({ $0 > clock }).min() { workers.wake(index, at: next) }
        touch(index)
    }

    /// Puts the worker where it is served, or nowhere.
    mutating func place(_ index: Int) {
        let worker = workers[index]
        let isThere = worker.isConnected && !worker.isSilent && !worker.isLeaving
        let isAvailable =
            switch worker.standing {
            case .trusted: isThere && worker.freeCredit > 0
            // A single unit shows whether it works again.
            case .quarantined:
                isThere && worker.leases.isEmpty && worker.strayCount == 0
                    && worker.probationEndsAt <= clock
            case .draining, .heldBack: false
            }
        workers.place(index, isAvailable: isAvailable)
    }
}
