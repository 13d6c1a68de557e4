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
        let overlaps = neighboursToMeasure(of: unit)
        let attempts = jobs[unit.job].units[unit]?.attempts ?? []
        learn(lease)
        forgetStray(lease, of: index)
        commit(.finished(id, lease, summary))
        for epoch in attempts where epoch != lease.epoch {
            supersede(epoch, "another result was accepted")
        }
        outbox.act(.acknowledge(id, lease, .accepted))
        if !overlaps.isEmpty { outbox.act(.measureOverlaps(unit, with: overlaps)) }
        if let index { forgive(index, unit.job) }
        settle(unit.job)
    }

    /// Other windows of which the results of the same round are there: each pair is compared once,
    /// when its second result comes.
    private func neighboursToMeasure(of unit: UnitKey) -> [Int] {
        guard unit.unit.kind == .sample, let shot = jobs.find(unit.job)?.shots[unit.shot],
            shot.rounds[unit.unit.index] == unit.unit.round
        else { return [] }
        return shot.work.neighbours(of: unit.unit.index).filter {
            $0 != unit.unit.index
                && shot.results[UnitID(.sample, index: $0, round: unit.unit.round)] != nil
        }
    }

    /// A result came of a lease that had ended: its worker has room again.
    private mutating func forgetStray(_ lease: Lease, of index: Int?) {
        guard let index, leases[lease] == nil, workers[index].strayCount > 0 else { return }
        workers.change(index) { $0.strayCount -= 1 }
        touch(index)
    }
}
