import Scheduling

/// What workers did wrong, as a judge outside the farm sees it: what it was told of their failures,
/// and what the ledger says became of them (R9).
///
/// A worker that fails what others do not gets nothing of the job after two failures in a row, and
/// nothing at all after three, until its probation is over and a single unit went well. Where it is
/// open whether others share a failure, or were there at all, nothing is demanded.
struct WorkerConduct: Sendable {
    /// Nothing is demanded to the second.
    private static let slack = Duration.seconds(60)

    private let configuration: FarmConfiguration
    private var workers: [WorkerID: Record] = [:]
    /// Failures that were told and are not in the ledger yet.
    private var told: Set<Lease> = []
    /// Workers that ever failed a unit.
    private var failers: [UnitKey: Set<WorkerID>] = [:]

    private struct Record: Sendable {
        var standing = WorkerStanding.trusted
        /// It introduced itself to this start of the coordinator, and was heard of.
        var heardAt: Instant?
        var isLeaving = false
        /// Units it failed one after the other, and nobody else did.
        var streak: [UnitKey] = []
        /// It has to be set aside before it is given anything.
        var isBad = false
        /// Jobs of which it may be given nothing yet.
        var excluded: [JobID: Instant] = [:]
        /// While it is quarantined: since when, and the unit by which it comes back.
        var quarantine: (since: Instant, canary: Lease?)?
        var quarantineCount = 0

        func isPresent(at now: Instant) -> Bool {
            guard let heardAt, standing == .trusted, !isLeaving else { return false }
            return now.since(heardAt) < .seconds(5)
        }
    }

    init(_ configuration: FarmConfiguration) {
        self.configuration = configuration
    }

    /// What only the process knew is gone.
    mutating func coordinatorStarted() {
        told = []
        for worker in workers.keys {
            workers[worker]?.heardAt = nil
            workers[worker]?.excluded = [:]
            // Its probation begins again, which is longer and not shorter.
            workers[worker]?.quarantine?.canary = nil
        }
    }

    // MARK: What the machine is told

    mutating func told(
        _ event: FarmEvent,
        at now: Instant,
        holder: (Lease) -> WorkerID?
    ) {
        switch event {
        case .joined(let worker, let introduction):
            workers[worker, default: Record()].heardAt = now
            workers[worker]?.isLeaving = introduction.isDraining
        case .left(let worker, _): workers[worker]?.heardAt = nil
        case .heartbeat(let worker, _):
            if workers[worker]?.heardAt != nil { workers[worker]?.heardAt = now }
        case .failed(let worker, let lease, let failure):
            let isFailure = [.unit, .worker].contains(failure.failureClass)
            if isFailure, holder(lease) == worker { told.insert(lease) }
        case .resultInvalid(let worker, let lease, _):
            if holder(lease) == worker { told.insert(lease) }
        default: break
        }
    }

    // MARK: What the ledger says

    mutating func ended(_ id: WorkerID, _ lease: Lease, _ end: AttemptEnd, at now: Instant) {
        if workers[id]?.quarantine?.canary == lease { workers[id]?.quarantine?.canary = nil }
        guard told.remove(lease) != nil || end == .hung else { return }
        let unit = lease.unit
        let others = failers[unit, default: []].subtracting([id])
        failers[unit, default: []].insert(id)
        guard others.isEmpty else {
            for other in workers.keys { workers[other]?.streak.removeAll { $0 == unit } }
            return
        }
        var worker = workers[id] ?? Record()
        worker.streak.append(unit)
        let isJudged = workers.contains { $0.key != id && $0.value.isPresent(at: now) }
        if isJudged, worker.standing == .trusted {
            if worker.streak.count >= configuration.workerFailuresFarm {
                worker.isBad = true
            } else if worker.streak.count(where: { $0.job == unit.job })
                >= configuration.workerFailuresJob
            {
                worker.excluded[unit.job] = now + (configuration.probation - Self.slack)
            }
        }
        workers[id] = worker
    }

    mutating func finished(_ id: WorkerID, _ lease: Lease) {
        failers[lease.unit] = nil
        workers[id, default: Record()].streak = []
        workers[id]?.isBad = false
        workers[id]?.excluded[lease.unit.job] = nil
        workers[id]?.quarantineCount = 0
    }

    mutating func changed(_ id: WorkerID, _ standing: WorkerStanding, at now: Instant) {
        var worker = workers[id] ?? Record()
        worker.standing = standing
        worker.streak = []
        worker.isBad = false
        worker.quarantine = nil
        if standing == .quarantined {
            worker.quarantine = (now, nil)
            worker.quarantineCount += 1
        } else {
            worker.excluded = [:]
            if standing == .trusted { worker.quarantineCount = 0 }
        }
        workers[id] = worker
    }

    /// A unit is given to a worker that did not have it.
    ///
    /// - Returns: Why it may not be.
    mutating func granted(_ id: WorkerID, _ lease: Lease, at now: Instant) -> [String] {
        guard let worker = workers[id] else { return [] }
        if worker.isBad { return ["\(lease) for \(id), which failed three that others did not"] }
        if let until = worker.excluded[lease.unit.job], now < until {
            return ["\(lease) for \(id), which failed two of the job that others did not"]
        }
        guard let quarantine = worker.quarantine else { return [] }
        let doublings = min(max(worker.quarantineCount - 1, 0), 20)
        let length = min(configuration.probation * (1 << doublings), configuration.probationMax)
        workers[id]?.quarantine?.canary = lease
        if now.since(quarantine.since) < length - Self.slack {
            return ["\(lease) for \(id), whose probation is not over"]
        }
        return quarantine.canary.map { ["\(lease) for \(id) beside \($0) that proves it"] } ?? []
    }
}
