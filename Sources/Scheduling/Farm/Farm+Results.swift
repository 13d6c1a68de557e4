// Results: the first valid one of a unit that is open is its result, whoever made it and whenever.
extension Farm {
    /// Whether a result of this unit would be accepted now; false for unknown ones.
    package func wants(_ unit: UnitKey) -> Bool {
        jobs.contains(unit.job) && !jobs[unit.job].state.isFinal && jobs[unit.job].isNext(unit)
    }

    mutating func stored(_ id: WorkerID, _ lease: Lease, _ summary: ResultSummary) {
        let unit = lease.unit
        let index = connected(id)
        guard wants(unit) else {
            let isDone = jobs.find(unit.job).map { !$0.state.isFinal && $0.contains(unit) } ?? false
            outbox.act(.acknowledge(id, lease, isDone ? .duplicate : .unneeded))
            forgetStray(lease, of: index)
            return
        }
        let attempts = jobs[unit.job].units[unit]?.attempts ?? []
        learn(lease)
        forgetStray(lease, of: index)
        commit(.finished(id, lease, summary))
        for epoch in attempts where epoch != lease.epoch {
            supersede(epoch, "another result was accepted")
        }
        outbox.act(.acknowledge(id, lease, .accepted))
        if let index { forgive(index, unit.job) }
        settle(unit.job)
    }

    /// Windows that share frames with the unit's and whose results of the same round are there.
    ///
    /// The shell compares each pair before it tells of the second result, and records the numbers
    /// with its acceptance: after that the results may be discarded at any moment.
    package func overlaps(of unit: UnitKey) -> [Int] {
        guard unit.unit.kind == .sample, wants(unit) else { return [] }
        let shot = jobs[unit.job].shots[unit.shot]
        return shot.work.neighbours(of: unit.unit.index).filter {
            $0 != unit.unit.index
                && shot.results[UnitID(.sample, index: $0, round: unit.unit.round)] != nil
        }
    }

    /// Whether the unit is open again because its accepted result was lost, so that some of its
    /// overlaps may have been compared before.
    package func isMadeAgain(_ unit: UnitKey) -> Bool {
        unit.unit.kind == .sample && wants(unit)
            && jobs[unit.job].shots[unit.shot].redo.contains(unit.unit)
    }

    /// A result came of a lease that had ended: its worker has room again.
    private mutating func forgetStray(_ lease: Lease, of index: Int?) {
        guard let index, leases[lease] == nil, workers[index].strayCount > 0 else { return }
        workers.change(index) { $0.strayCount -= 1 }
        touch(index)
    }
}
