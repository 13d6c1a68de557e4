// The invariants, checked against state that is kept for speed. The simulation calls it after every
// step, so a mistake shows where it is made.
extension Farm {
    /// Violated invariants, in words; empty always.
    package func audit() -> [String] {
        var faults: [String] = []
        for id in jobs.ids { faults += jobs[id].audit() }
        for epoch in leases.epochs {
            guard let record = leases[epoch] else { continue }
            let unit = record.lease.unit
            let isKnown = jobs.find(unit.job)?.units[unit]?.attempts.contains(epoch) == true
            if !isKnown { faults.append("\(record.lease) runs and its unit does not know it") }
            if !workers[record.worker].leases.contains(record.lease) {
                faults.append("\(record.lease) runs and its worker does not know it")
            }
        }
        let held = workers.records.reduce(0) { $0 + $1.leases.count }
        let named = jobs.ids.reduce(0) { $0 + jobs[$1].attempts.count }
        if held != leases.count || named != leases.count {
            faults.append("\(leases.count) leases run, workers hold \(held), units have \(named)")
        }
        for (index, worker) in workers.records.enumerated() {
            // After a start the credit is told with the introduction.
            if worker.isConnected, worker.leases.count > 2 * worker.credit {
                faults.append("\(worker.id) holds \(worker.leases.count) of \(worker.credit)")
            }
            let isListed = workers.available.contains { $0.worker == index }
            if isListed != (worker.place != nil) {
                faults.append("\(worker.id) is listed as available: \(isListed)")
            }
        }
        return faults
    }
}

extension JobRecord {
    fileprivate func audit() -> [String] {
        guard state != .done, state != .cancelled else { return [] }
        var faults = missingInputs
        var counts = Array(repeating: UnitCounts(), count: UnitKind.allCases.count)
        var steps = 0
        for unit in allUnits {
            let stage = unit.unit.kind.stage
            let record = units[unit]
            let isReady = ready.contains(key(of: unit))
            counts[stage].total += 1
            if !isOpen(unit) {
                counts[stage].done += 1
                steps += self.steps(of: unit)
                if isReady { faults.append("\(unit) is done and ready") }
            } else if record?.isHeld == true {
                counts[stage].held += 1
                if isReady || record?.isLeased == true {
                    faults.append("\(unit) is held and goes on")
                }
            } else if record?.isLeased == true {
                counts[stage].leased += 1
                if isReady { faults.append("\(unit) is leased and ready") }
            } else if isReady {
                counts[stage].ready += 1
                if !hasInputs(unit) { faults.append("\(unit) is ready without its inputs") }
            } else {
                counts[stage].blocked += 1
                if isNext(unit), hasInputs(unit) { faults.append("\(unit) is forgotten") }
            }
        }
        for kind in UnitKind.allCases where counts[kind.stage] != count(of: kind) {
            faults.append("\(id): \(kind) \(count(of: kind)), counted \(counts[kind.stage])")
        }
        if steps != costs.stepsDone {
            faults.append("\(id): steps \(costs.stepsDone), not \(steps)")
        }
        let readyCount = counts.reduce(0) { $0 + $1.ready }
        if ready.count != readyCount {
            faults.append("\(id): \(ready.count) queued of \(readyCount)")
        }
        return faults
    }

    private var allUnits: [UnitKey] {
        [UnitKey(job: id, shot: 0, unit: UnitID(.content))]
            + shots.indices.flatMap { shot in
                shots[shot].work.units.map { UnitKey(job: id, shot: shot, unit: $0) }
            }
    }

    private func isOpen(_ unit: UnitKey) -> Bool {
        unit.unit.kind == .content ? !isContentDone : shots[unit.shot].isOpen(unit.unit)
    }

    /// Results that open units need and that can neither be read nor are made again.
    private var missingInputs: [String] {
        shots.flatMap { shot in
            var gone: [UnitID] = []
            if shot.samplesMissing > 0 {
                gone += shot.work.chunks.indices.map { UnitID(.depth, index: $0) }
            }
            for unit in shot.nextSamples where unit.round > 0 {
                gone += shot.work.neighbours(of: unit.index).map {
                    UnitID(.sample, index: $0, round: unit.round - 1)
                }
            }
            for chunk in shot.work.chunks.indices where !shot.decodeDone[chunk] {
                gone += shot.work.inputs(of: UnitID(.decode, index: chunk)).units
            }
            gone.removeAll { shot.isOpen($0) || shot.results[$0] != nil }
            return gone.map { "\(id)/\(shot.outline.index) needs \($0), which is gone" }
        }
    }
}
