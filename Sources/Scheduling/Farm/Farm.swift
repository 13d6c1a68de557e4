/// Decides everything about a farm: which worker gets which unit, which result counts, what a
/// failure means, when a job is done.
///
/// A value without a clock, files or sockets: an event and the time in, effects out. What must not
/// be forgotten comes out as `record` effects, which come first in every batch; the same entries
/// given to `init(_:replaying:)` make the same machine, but for what only workers know.
///
/// Every change that the ledger knows goes through `apply`, live and in a replay, so the two cannot
/// differ. Sets are walked in order only, so the same events give the same effects, byte for byte.
package struct Farm: Sendable {
    let configuration: FarmConfiguration
    /// Starts of the coordinator; the one that runs once `start` was called.
    package internal(set) var instance: UInt64 = 0
    var isStarted = false
    /// Grants of this start.
    var grantCount: UInt64 = 0
    var jobs = JobTable()
    var workers = WorkerTable()
    var leases = LeaseTable()
    var isWritable = true
    /// The farm's own time: the shell's without the spans in which its loop stood still.
    var clock = Instant.zero
    var stalled = Duration.zero
    var outbox = Outbox()

    /// Makes the machine that wrote these entries, as it is before `start`.
    ///
    /// - Parameters:
    ///   - configuration: The farm's numbers.
    ///   - entries: All entries of the ledger in order; those of discarded jobs may be missing.
    package init(
        _ configuration: FarmConfiguration,
        replaying entries: some Sequence<LedgerEntry> = []
    ) {
        self.configuration = configuration
        for entry in entries { apply(entry) }
        outbox = Outbox()
    }

    /// The id that the next job gets; for the shell, which stores the specification under it first.
    package var nextJob: JobID { JobID(jobs.last.number + 1) }

    /// The job that was submitted with this key.
    package func job(for idempotencyKey: String) -> JobID? { jobs.job(for: idempotencyKey) }

    /// The first call of a start: records it, and continues planning and assembling open jobs.
    ///
    /// Leases that were granted and have not ended are kept for one lease time: their workers are
    /// expected to introduce themselves.
    ///
    /// - Parameter now: The shell's time.
    /// - Returns: What the shell has to do.
    package mutating func start(at now: Instant) -> [FarmEffect] {
        precondition(!isStarted, "a farm starts once")
        isStarted = true
        clock = now
        commit(.started(instance: instance + 1))
        for epoch in leases.epochs {
            leases.change(epoch) {
                $0.isAccepted = true
                $0.grantedAt = now
                $0.advancedAt = now
                $0.expiresAt = now + configuration.lease
            }
            leases.wake(epoch, at: now + configuration.lease)
        }
        for index in workers.records.indices {
            let probationEndsAt = now + probation(after: workers[index].quarantineCount)
            workers.change(index) {
                $0.heardAt = now
                $0.probationEndsAt = probationEndsAt
            }
            workers.wake(index, at: now + configuration.lease)
        }
        for id in Array(jobs.ids) {
            let job = jobs[id]
            // The start before may have ended between the end of the job and the end of its files.
            if job.state == .done || job.state == .cancelled { outbox.act(.discardJob(id)) }
            guard !job.state.isFinal else { continue }
            if !job.isPlanned { outbox.act(.plan(id)) }
            if job.state == .assembling { outbox.act(.assemble(id)) }
            settle(id)
        }
        return outbox.empty()
    }

    /// Takes an event.
    ///
    /// - Parameters:
    ///   - event: What happened.
    ///   - now: The shell's time, never less than before.
    /// - Returns: What the shell has to do, in order; records come first.
    package mutating func handle(_ event: FarmEvent, at now: Instant) -> [FarmEffect] {
        precondition(isStarted, "a farm is started first")
        clock = Instant(nanoseconds: now.nanoseconds - stalled.wholeNanoseconds)
        switch event {
        case .submitted(let id, let request): submit(id, request)
        case .planned(let id, let shots, let isLast): plan(id, shots, isLast: isLast)
        case .planningFailed(let id, let reason): planningFailed(id, reason)
        case .assembled(let id): assembled(id)
        case .assemblyFailed(let id, let reason): assemblyFailed(id, reason)
        case .jobCommand(let id, let command): obey(command, for: id)
        case .artifactLost(let unit): lose(unit)
        case .storage(let isWritable): setStorage(isWritable)
        case .stalled(let duration): stall(duration)
        case .tick: tick()
        default: handleWorker(event)
        }
        dispatch()
        return outbox.empty()
    }

    private mutating func handleWorker(_ event: FarmEvent) {
        switch event {
        case .joined(let id, let introduction): join(id, introduction)
        case .left(let id, let reason): leave(id, reason)
        case .heartbeat(let id, let progress): heartbeat(id, progress)
        case .accepted(let id, let lease): accepted(id, lease)
        case .declined(let id, let lease, let reason): declined(id, lease, reason)
        case .failed(let id, let lease, let failure): failed(id, lease, failure)
        case .returned(let id, let lease): returned(id, lease)
        case .receiving(let id, let lease): receiving(id, lease)
        case .resultStored(let id, let lease, let summary): stored(id, lease, summary)
        case .resultInvalid(let id, let lease, let reason): invalid(id, lease, reason)
        case .workerCommand(let id, let command): obey(command, for: id)
        default: preconditionFailure("\(event) is no worker's")
        }
    }

    /// Records an entry and makes it so.
    mutating func commit(_ entry: LedgerEntry) {
        outbox.record(entry)
        apply(entry)
    }
}

/// The effects of a batch: what is recorded comes before everything that reveals it.
struct Outbox: Sendable {
    private var records: [FarmEffect] = []
    private var actions: [FarmEffect] = []
    /// Workers that may have got room for a unit.
    var touched: [Int] = []

    mutating func record(_ entry: LedgerEntry) { records.append(.record(entry)) }
    mutating func act(_ effect: FarmEffect) { actions.append(effect) }

    mutating func empty() -> [FarmEffect] {
        defer {
            records.removeAll(keepingCapacity: true)
            actions.removeAll(keepingCapacity: true)
        }
        return records + actions
    }
}
