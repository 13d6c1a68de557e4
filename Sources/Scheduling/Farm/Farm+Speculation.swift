// What is learnt of speeds, and the second copies of units that are expected to end last.
extension Farm {
    /// Takes a worker's report of a unit.
    ///
    /// - Parameters:
    ///   - report: Of a lease that runs.
    ///   - start: When the unit before it is expected to end; now for the first; nil if that cannot
    ///     be told.
    /// - Returns: When the unit is expected to end, if that can be told.
    mutating func advance(_ report: LeaseProgress, after start: Instant?) -> Instant? {
        guard let before = leases[report.lease] else { return nil }
        let unit = report.lease.unit
        let total = max(report.total, 1)
        let done = min(max(report.done, before.done), total)
        if report.phase == .running, before.phase == .running, done > before.done {
            let elapsed = clock.since(before.advancedAt)
            let step = Duration.nanoseconds(elapsed.wholeNanoseconds / Int64(done - before.done))
            learnPace(step, of: before)
        }
        if report.phase == .running, before.phase != .running, done <= 1,
            workers[before.worker].leases.count == 1
        {
            jobs[unit.job].costs.setup.add(clock.since(before.grantedAt))
        }
        leases.change(report.lease.epoch) {
            if report.phase != $0.phase || done > $0.done { $0.advancedAt = clock }
            $0.phase = report.phase
            $0.done = done
            $0.total = total
        }
        jobs[unit.job].advance(unit, toStep: done)
        let end = expectedEnd(of: report.lease, after: start)
        let hasCopy = jobs[unit.job].units[unit]?.second != nil
        leases.setEnding(report.lease.epoch, at: hasCopy ? nil : end)
        return end
    }

    private func expectedEnd(of lease: Lease, after start: Instant?) -> Instant? {
        guard let record = leases[lease], let start else { return nil }
        switch record.phase {
        case .waiting where start > clock:
            guard let pace = pace(of: record.worker, for: lease.unit) else { return nil }
            return start + Self.span(pace * Double(record.total))
        case .running:
            guard let pace = record.pace.nanoseconds ?? pace(of: record.worker, for: lease.unit)
            else { return nil }
            return clock + Self.span(pace * Double(record.total - record.done))
        // A worker that reads its model is not slow.
        case .waiting, .loading, .delivering: return nil
        }
    }

    /// A duration of so many nanoseconds, at most three years: what a worker says is not trusted.
    static func span(_ nanoseconds: Double) -> Duration {
        .nanoseconds(Int64(min(max(nanoseconds, 0), 1e17)))
    }

    private mutating func learnPace(_ step: Duration, of record: LeaseRecord) {
        let unit = record.lease.unit
        let stage = unit.unit.kind.stage
        leases.change(record.lease.epoch) { $0.pace.add(step) }
        jobs[unit.job].costs.paces[stage].add(step)
        let others = jobs[unit.job].costs.paces[stage].nanoseconds ?? 0
        workers.change(record.worker) {
            if $0.pacedJob != unit.job {
                $0.pacedJob = unit.job
                $0.paces = Array(repeating: Pace(), count: UnitKind.allCases.count)
            }
            $0.paces[stage].add(step)
            if others > 0, let own = $0.paces[stage].nanoseconds {
                $0.slowness += (own / others - $0.slowness) / 8
            }
        }
    }

    /// A unit is done: one that was alone with its worker tells how long its steps took, even if
    /// it was too short to be reported.
    mutating func learn(_ lease: Lease) {
        guard let record = leases[lease], record.pace.nanoseconds == nil,
            workers[record.worker].leases.count == 1
        else { return }
        let total = max(record.total, jobs[lease.unit.job].order(of: lease.unit)?.size ?? 1)
        let elapsed = clock.since(record.grantedAt)
        learnPace(.nanoseconds(elapsed.wholeNanoseconds / Int64(total)), of: record)
    }

    /// Nanoseconds of a step on this worker, measured or guessed from others.
    private func pace(of index: Int, for unit: UnitKey) -> Double? {
        let stage = unit.unit.kind.stage
        if workers[index].pacedJob == unit.job,
            let own = workers[index].paces[stage].nanoseconds
        {
            return own
        }
        let slowness = workers[index].slowness
        return jobs[unit.job].costs.paces[stage].nanoseconds.map { $0 * slowness }
    }

    /// With nothing left to start, idle workers get a copy of the unit that is expected to end last
    /// if they are expected to end it clearly sooner; one that still waits at its worker moves,
    /// which costs nobody anything.
    mutating func speculate() {
        guard jobs.open.isEmpty else { return }
        let most = max(1, Int(Double(workers.presentCount) * configuration.speculationShare))
        while let place = workers.available.first, place.load == 0,
            let lease = leases.latestEnding, let record = leases[lease]
        {
            let unit = lease.unit
            let isMove = record.phase == .waiting
            guard isMove || leases.copyCount < most else { return }
            guard jobs.find(unit.job)?.state == .running,
                jobs[unit.job].units[unit]?.canTakeAttempt == true, wants(unit),
                // The original may have read what is lost since; a copy could not.
                hasInputs(for: unit)
            else {
                leases.setEnding(lease.epoch, at: nil)
                continue
            }
            guard place.worker != record.worker, mayServe(place.worker, unit.job),
                isFit(unit, for: place.worker), let remaining = record.endsAt?.since(clock),
                let pace = pace(of: place.worker, for: unit)
            else { return }
            let setup = jobs[unit.job].costs.setup.nanoseconds ?? 1e9
            let copy = setup + pace * Double(record.total)
            let rest = Double(remaining.wholeNanoseconds)
            guard copy < configuration.speculationFactor * rest else { return }
            if isMove { supersede(lease.epoch, "a worker that is free runs it sooner") }
            grant(unit, to: place.worker)
        }
    }
}

extension UnitOrder {
    /// What progress counts up to: steps of sample units, frames of others.
    var size: Int { max(1, steps.isEmpty ? frames.count : steps.count) }
}
