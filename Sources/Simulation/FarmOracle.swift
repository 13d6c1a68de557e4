import Scheduling

/// Judges a run from outside.
///
/// It looks at what the ledger says, what was promised, what workers were heard of. It decides
/// nothing, and rests on nothing that the farm's own machine says of itself.
struct FarmOracle: Sendable {
    var violations: [String] = []
    private let jobs: [SimulatedJob]
    /// Jobs of the ledger.
    private(set) var truths: [JobID: JobTruth] = [:]
    private var finished: Set<UnitKey> = []
    /// Units whose results are there and will be asked for.
    private var kept: Set<UnitKey> = []
    /// Units whose results the disk spoilt.
    private var excused: Set<UnitKey> = []
    private var leases: [Lease: LeaseTruth] = [:]
    /// Epochs that were granted once: a worker that still runs one may get it again.
    private var epochs: Set<Epoch> = []
    /// Leases whose results were told to be no good.
    private var invalid: Set<Lease> = []
    /// Pairs of windows whose comparison is in the ledger, by the left one in its round.
    private var compared: [UnitKey: Set<Int>] = [:]
    /// What will be compared once the unit's result is recorded; a crash before that takes it.
    private var comparing: [UnitKey: [Int]] = [:]
    /// What is owed to workers that fail.
    private var conduct = WorkerConduct(SimulatedCoordinator.configuration)
    /// Acknowledged submits.
    private var promises: [JobID: Int] = [:]

    /// What the ledger says of a job.
    struct JobTruth: Sendable {
        let index: Int
        var state: JobState
        var held: [UnitKey] = []
        /// Workers on which a unit failed of its own.
        var failedOn: [UnitKey: Set<WorkerID>] = [:]
        /// Attempts of a unit that ended without a result.
        var ended: [UnitKey: Int] = [:]
        var finishedCount = 0
    }

    /// What the coordinator was told of a lease.
    struct LeaseTruth: Sendable {
        let worker: WorkerID
        /// On the coordinator's clock, pauses of its own left out.
        var heardAt: Instant
        var isAccepted = false
        /// The worker is gone, or does not name it any more.
        var isForgotten = false
        /// What its worker says of it, and since when, while it runs.
        var stand: (done: Int, since: Instant)?
        /// The longest that it took from one step to the next.
        var slowest = Duration.zero

        /// Takes note of a report: a unit that runs has to advance.
        mutating func advance(_ report: LeaseProgress, at now: Instant) {
            guard report.phase == .running else {
                stand = nil
                return
            }
            guard let before = stand else {
                stand = (report.done, now)
                return
            }
            guard report.done > before.done else { return }
            slowest = max(slowest, now.since(before.since))
            stand = (report.done, now)
        }
    }

    init(jobs: [SimulatedJob]) {
        self.jobs = jobs
    }

    // MARK: The disk

    mutating func spoil(_ unit: UnitKey) {
        excused.insert(unit)
    }

    func isExcused(_ unit: UnitKey) -> Bool {
        excused.contains(unit)
    }

    // MARK: What the machine is told

    mutating func coordinatorStarted(at now: Instant) {
        for lease in leases.keys {
            leases[lease]?.heardAt = now
            leases[lease]?.isForgotten = false
            leases[lease]?.stand = nil
        }
        invalid = []
        comparing = [:]
        conduct.coordinatorStarted()
    }

    mutating func told(_ event: FarmEvent, at now: Instant) {
        conduct.told(event, at: now) { leases[$0]?.worker }
        switch event {
        case .heartbeat(let worker, let progress):
            name(progress.map(\.lease), of: worker, at: now)
            for report in progress where leases[report.lease]?.worker == worker {
                leases[report.lease]?.isAccepted = true
                leases[report.lease]?.advance(report, at: now)
            }
        case .joined(let worker, let introduction):
            name(introduction.running + introduction.finished, of: worker, at: now)
        case .left(let worker, _): name([], of: worker, at: now)
        case .accepted(let worker, let lease), .receiving(let worker, let lease):
            guard leases[lease]?.worker == worker else { return }
            leases[lease]?.heardAt = now
            leases[lease]?.isAccepted = true
            if case .receiving = event { leases[lease]?.stand = nil }
        case .failed(let worker, let lease, _), .returned(let worker, let lease):
            if leases[lease]?.worker == worker { leases[lease]?.isForgotten = true }
        case .resultInvalid(_, let lease, _): invalid.insert(lease)
        case .stalled(let pause):
            for lease in leases.keys {
                guard let heardAt = leases[lease]?.heardAt else { continue }
                leases[lease]?.heardAt = heardAt + pause
                if let stand = leases[lease]?.stand {
                    leases[lease]?.stand = (stand.done, stand.since + pause)
                }
            }
        default: break
        }
    }

    private mutating func name(_ named: [Lease], of worker: WorkerID, at now: Instant) {
        for (lease, truth) in leases where truth.worker == worker {
            if named.contains(lease) {
                leases[lease]?.heardAt = now
            } else {
                leases[lease]?.isForgotten = true
            }
        }
    }

    mutating func promised(_ job: JobID, to index: Int) {
        promises[job] = index
    }

    // MARK: What the ledger is told

    /// Takes note of an entry that is on the disk.
    ///
    /// - Returns: What is wrong with it.
    mutating func recorded(
        _ entry: LedgerEntry,
        _ disk: SimulatedDisk,
        at now: Instant,
        _ statistics: inout SimulationStatistics
    ) -> [String] {
        switch entry {
        case .submitted(let job, let request): return submitted(job, request)
        case .granted(let worker, let lease):
            statistics.granted += 1
            let isFresh = !epochs.contains(lease.epoch)
            let owed = isFresh ? conduct.granted(worker, lease, at: now) : []
            return owed + granted(worker, lease, at: now)
        case .ended(let worker, let lease, let end, _):
            statistics.ended += 1
            conduct.ended(worker, lease, end, at: now)
            return ended(worker, lease, end, at: now)
        case .finished(let worker, let lease, let summary):
            statistics.accepted += 1
            conduct.finished(worker, lease)
            return finished(lease, summary, disk)
        case .held(let unit, _): return held(unit)
        case .reopened(let job):
            truths[job]?.held = []
            truths[job]?.failedOn = [:]
            truths[job]?.ended = [:]
            return []
        case .lost(let unit): return lost(unit, disk)
        case .jobChanged(let job, let state, _): return changed(job, state, disk)
        case .workerChanged(let worker, let standing):
            conduct.changed(worker, standing, at: now)
            return []
        case .started, .planned, .priorityChanged, .discarded: return []
        }
    }

    private mutating func submitted(_ job: JobID, _ request: JobRequest) -> [String] {
        guard let index = jobs.firstIndex(where: { $0.request == request }) else {
            return ["\(job) is what no client asked for"]
        }
        let twin = truths.first { $0.value.index == index }
        truths[job] = JobTruth(index: index, state: request.isPaused ? .paused : .running)
        return twin.map { ["\(job) is \($0.key) again"] } ?? []
    }

    private mutating func granted(
        _ worker: WorkerID,
        _ lease: Lease,
        at now: Instant
    ) -> [String] {
        let key = lease.unit
        var complaints: [String] = []
        guard let truth = truths[key.job],
            let inputs = jobs[truth.index].inputs[SimulatedJob.place(key.shot, key.unit)]
        else { return ["\(lease) is of no known unit"] }
        if finished.contains(key) { complaints.append("\(lease), but \(key) is finished") }
        let isFresh = epochs.insert(lease.epoch).inserted
        if isFresh, truth.state != .running {
            complaints.append("\(lease), but its job is \(truth.state)")
        }
        for place in inputs {
            let input = UnitKey(job: key.job, shot: place.shot, unit: place.unit)
            if isFresh, !kept.contains(input) { complaints.append("\(lease) without \(input)") }
        }
        let others = leases.keys.count { $0.unit == key }
        if others > 1 { complaints.append("\(lease) beside \(others) others") }
        leases[lease] = LeaseTruth(worker: worker, heardAt: now, isAccepted: !isFresh)
        return complaints
    }

    private mutating func ended(
        _ worker: WorkerID,
        _ lease: Lease,
        _ end: AttemptEnd,
        at now: Instant
    ) -> [String] {
        let truth = leases.removeValue(forKey: lease)
        let job = lease.unit.job
        truths[job]?.ended[lease.unit, default: 0] += 1
        if [.failedUnit, .failedWorker, .invalid].contains(end) {
            truths[job]?.failedOn[lease.unit, default: []].insert(worker)
        }
        guard end == .lost, let truth, truth.isAccepted, !truth.isForgotten else { return [] }
        let silence = now.since(truth.heardAt)
        guard silence < SimulatedCoordinator.configuration.lease else { return [] }
        return ["\(lease) is lost, although \(worker) was heard of it \(silence) ago"]
    }

    private mutating func finished(
        _ lease: Lease,
        _ summary: ResultSummary,
        _ disk: SimulatedDisk
    ) -> [String] {
        let key = lease.unit
        leases[lease] = nil
        guard let truth = truths[key.job],
            let value = jobs[truth.index].values[SimulatedJob.place(key.shot, key.unit)]
        else { return ["a result of \(key), which is no known unit"] }
        compare(key)
        var complaints = uncompared(key)
        if !finished.insert(key).inserted { complaints.append("\(key) is finished twice") }
        truths[key.job]?.finishedCount += 1
        truths[key.job]?.held.removeAll { $0 == key }
        keepWhatIsNeeded(after: key)
        let right = UnitValue(value: value, isValid: true)
        if summary != right.summary { complaints.append("\(key) has a wrong result") }
        if disk.artifacts[key] == right {
            excused.remove(key)
        } else if !excused.contains(key) {
            complaints.append("\(key) is finished, but what is on the disk is not its result")
        }
        return complaints
    }

    // MARK: Overlaps

    /// The coordinator compared a window with others, before it accepts its result.
    mutating func measured(_ unit: UnitKey, with others: [Int]) {
        comparing[unit] = others
    }

    private mutating func compare(_ unit: UnitKey) {
        for other in comparing.removeValue(forKey: unit) ?? [] {
            let (left, right) = FarmOracle.pair(unit, other)
            compared[left, default: []].insert(right)
        }
    }

    /// Overlaps whose numbers will be missing in the report: results of both windows are there.
    private func uncompared(_ unit: UnitKey) -> [String] {
        guard unit.unit.kind == .sample, let truth = truths[unit.job] else { return [] }
        let work = jobs[truth.index].shots[unit.shot].work
        let own = work.windows[unit.unit.index]
        return work.windows.indices.compactMap { other in
            let id = UnitID(.sample, index: other, round: unit.unit.round)
            let key = UnitKey(job: unit.job, shot: unit.shot, unit: id)
            let (left, right) = FarmOracle.pair(unit, other)
            guard other != unit.unit.index, work.windows[other].overlaps(own),
                finished.contains(key), compared[left]?.contains(right) != true
            else { return nil }
            return "\(unit) is finished and was not compared with \(key)"
        }
    }

    private static func pair(_ unit: UnitKey, _ other: Int) -> (left: UnitKey, right: Int) {
        let own = unit.unit.index
        let id = UnitID(.sample, index: min(own, other), round: unit.unit.round)
        return (UnitKey(job: unit.job, shot: unit.shot, unit: id), max(own, other))
    }

    private mutating func held(_ unit: UnitKey) -> [String] {
        guard let truth = truths[unit.job] else { return ["\(unit) is held, of no job"] }
        truths[unit.job]?.held.append(unit)
        let isBad = truth.failedOn[unit, default: []].count > 0
        let isUnlucky =
            truth.ended[unit, default: 0]
            >= SimulatedCoordinator.configuration.infrastructureFailuresMax
        return isBad || isUnlucky ? [] : ["\(unit) is held without a reason"]
    }

    /// A result is kept as long as a unit that reads it is open; decoded frames and the content are
    /// kept as long as the job.
    private mutating func keepWhatIsNeeded(after unit: UnitKey) {
        kept.insert(unit)
        for key in inputs(of: unit) + [unit] where !isNeeded(key) { kept.remove(key) }
    }

    private func isNeeded(_ unit: UnitKey) -> Bool {
        [.content, .decode].contains(unit.unit.kind)
            || readers(of: unit).contains { !finished.contains($0) }
    }

    private func inputs(of unit: UnitKey) -> [UnitKey] {
        keys(of: unit) { job, place in job.inputs[place] }
    }

    private func readers(of unit: UnitKey) -> [UnitKey] {
        keys(of: unit) { job, place in job.readers[place] }
    }

    private func keys(
        of unit: UnitKey,
        _ places: (SimulatedJob, SimulatedJob.UnitPlace) -> [SimulatedJob.UnitPlace]?
    ) -> [UnitKey] {
        guard let truth = truths[unit.job] else { return [] }
        let place = SimulatedJob.place(unit.shot, unit.unit)
        return (places(jobs[truth.index], place) ?? []).map {
            UnitKey(job: unit.job, shot: $0.shot, unit: $0.unit)
        }
    }

    /// A lost result that is still needed is made again, and so is what that reads.
    private mutating func lost(_ unit: UnitKey, _ disk: SimulatedDisk) -> [String] {
        guard kept.contains(unit) else { return ["\(unit) is lost, which nobody needs"] }
        var pending = [unit]
        kept.remove(unit)
        while let next = pending.popLast() {
            guard !kept.contains(next), finished.remove(next) != nil else { continue }
            truths[next.job]?.finishedCount -= 1
            pending += inputs(of: next)
        }
        guard let artifact = disk.artifacts[unit], artifact.isValid else { return [] }
        return ["\(unit) is given up, and it is there"]
    }

    private mutating func changed(
        _ job: JobID,
        _ state: JobState,
        _ disk: SimulatedDisk
    ) -> [String] {
        guard let truth = truths[job] else { return ["\(job) is \(state), and is no job"] }
        truths[job]?.state = state
        let truthful = jobs[truth.index]
        switch state {
        case .done:
            return disk.outputs[job] == truthful.output
                ? [] : ["\(job) is done, and its output is not what one worker would have made"]
        case .assembling:
            return truth.finishedCount == truthful.inputs.count
                ? [] : ["\(job) is assembled with \(truth.finishedCount) units"]
        case .held: return truth.held.isEmpty ? ["\(job) is held without a held unit"] : []
        case .running, .paused, .failed, .cancelled: return []
        }
    }

    /// What the ledger must say when a worker is told what became of its result.
    func acknowledged(_ lease: Lease, _ disposition: ResultDisposition) -> String? {
        let key = lease.unit
        switch disposition {
        case .accepted:
            return finished.contains(key) ? nil : "\(lease) is acknowledged before it is recorded"
        case .duplicate, .unneeded:
            let isOver = truths[key.job]?.state.isFinal ?? true
            return finished.contains(key) || isOver ? nil : "a wanted result of \(lease) is dropped"
        case .rejected:
            return invalid.contains(lease) ? nil : "a good result of \(lease) is rejected"
        }
    }

    // MARK: What the machine says of itself

    /// Units that run and do not advance, although their workers speak.
    private func standing(at now: Instant, _ lateness: Duration) -> [String] {
        let least = SimulatedCoordinator.configuration.progressTimeout
        let late = leases.filter { _, truth in
            guard let stand = truth.stand else { return false }
            return now.since(stand.since) > max(least, truth.slowest * 5) + lateness
        }
        return late.keys.min().map { ["\($0) has not advanced for longer than it may"] } ?? []
    }

    /// Compares reports with the ledger, and leases with what was heard.
    func judge(_ farm: Farm, at now: Instant, lateness: Duration) -> [String] {
        var complaints: [String] = []
        for (job, index) in promises.sorted(by: { $0.key < $1.key }) {
            let request = jobs[index].request
            if farm.report(job)?.request.idempotencyKey != request.idempotencyKey
                || farm.job(for: request.idempotencyKey) != job
            {
                complaints.append("\(job) was acknowledged and is forgotten")
            }
        }
        for (job, truth) in truths.sorted(by: { $0.key < $1.key }) {
            guard let report = farm.report(job) else {
                complaints.append("\(job) is in the ledger and not in the farm")
                continue
            }
            let counts = UnitKind.allCases.compactMap { report.units[$0] }
            for units in counts
            where units.total
                != units.blocked + units.ready + units.leased + units.done + units.held
            {
                complaints.append("\(job): \(units) do not add up")
            }
            let done = counts.map(\.done).reduce(0, +)
            if done != truth.finishedCount {
                complaints.append("\(job): \(done) units done, \(truth.finishedCount) recorded")
            }
            if report.state.isFinal != truth.state.isFinal {
                complaints.append("\(job) is \(report.state), recorded \(truth.state)")
            }
        }
        complaints += standing(at: now, lateness)
        let limit = SimulatedCoordinator.configuration.lease + lateness
        let late = leases.filter { now.since($0.value.heardAt) > limit }
        if let lease = late.keys.min() {
            complaints.append("\(lease) is held, and nothing was heard of it for \(limit)")
        }
        return complaints
    }
}

extension SimulationWorld {
    mutating func judgeTick(_ farm: Farm, at now: Instant) {
        // A lease is looked at once a second; a slow disk may keep the loop from it.
        let lateness = weather.slowSync > 0 || !isCalm ? Duration.seconds(12) : .milliseconds(1_100)
        for complaint in oracle.judge(farm, at: now, lateness: lateness) { violate(complaint) }
    }

    mutating func judge(_ farm: Farm, at now: Instant) {
        for complaint in farm.audit() { violate("audit at the start: \(complaint)") }
        judgeTick(farm, at: now)
    }
}
