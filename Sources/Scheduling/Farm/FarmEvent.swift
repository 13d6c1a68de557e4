/// What happens to a farm.
///
/// The shell has done what the event says before it tells the machine.
package enum FarmEvent: Hashable, Sendable {
    // Jobs.

    /// A client submitted a job, whose specification is on the disk under this id.
    case submitted(JobID, JobRequest)
    /// Planning found more shots, in order; `isLast` when there are no more. Shots that are known
    /// already (planning starts over after a restart) must be the same and are skipped.
    case planned(JobID, [ShotOutline], isLast: Bool)
    /// The job cannot be planned: its input is missing or bad.
    case planningFailed(JobID, reason: String)
    /// The output is complete, verified, and has its name.
    case assembled(JobID)
    case assemblyFailed(JobID, reason: String)
    case jobCommand(JobID, JobCommand)

    // Workers.

    /// A worker introduced itself: at its start, after a reconnect, or to a new coordinator.
    case joined(WorkerID, WorkerIntroduction)
    /// It said goodbye, its key was revoked, or it cannot be reached.
    case left(WorkerID, reason: String)
    /// Sent every 2 s from the loop that advances the sampler.
    case heartbeat(WorkerID, [LeaseProgress])
    case accepted(WorkerID, Lease)
    /// Not taken: no failure of anybody.
    case declined(WorkerID, Lease, reason: String)
    case failed(WorkerID, Lease, UnitFailure)
    /// Given back unrun, by a worker that drains.
    case returned(WorkerID, Lease)
    /// Any byte of a result arrived: renews the lease.
    case receiving(WorkerID, Lease)
    /// A result is complete, valid, and durable as the unit's candidate.
    case resultStored(WorkerID, Lease, ResultSummary)
    /// A result is complete and not valid.
    case resultInvalid(WorkerID, Lease, reason: String)
    case workerCommand(WorkerID, WorkerCommand)

    // The coordinator's own machine.

    /// A result that was accepted is missing or damaged on the disk.
    case artifactLost(UnitKey)
    /// Whether results can be stored: false on a full disk. Nothing is dispatched meanwhile.
    case storage(isWritable: Bool)
    /// The loop did not run for this long (a slow disk, a stopped process): leases are extended.
    case stalled(Duration)
    /// Time passed; at least once a second.
    case tick
}

/// What a person asks of a job.
package enum JobCommand: Hashable, Sendable {
    case pause
    case resume
    case cancel
    /// Opens held units, or a failed job, again with fresh budgets.
    case retry
    case setPriority(Int)
}

/// What a person asks of a worker.
package enum WorkerCommand: Hashable, Sendable {
    /// Finish what runs, take nothing new.
    case drain
    case undrain
    /// Give it nothing until it is released.
    case quarantine
    case release
}

/// What a worker says of itself when it joins.
package struct WorkerIntroduction: Hashable, Sendable {
    /// For people: the machine's name and the worker's number.
    package let name: String
    /// Devices that give the same bits, such as `cpu-avx512`.
    package let deviceClass: String
    /// Units it may hold at a time, the running one included; 1 to 64.
    package let credit: Int
    /// Whether it finishes what it has and takes nothing new.
    package let isDraining: Bool
    /// What it holds unfinished: running or waiting to run.
    package let running: [Lease]
    /// What it has finished and not been acknowledged for.
    package let finished: [Lease]

    package init(
        name: String,
        deviceClass: String,
        credit: Int,
        isDraining: Bool = false,
        running: [Lease] = [],
        finished: [Lease] = []
    ) {
        precondition((1...64).contains(credit), "a credit of \(credit)")
        self.name = name
        self.deviceClass = deviceClass
        self.credit = credit
        self.isDraining = isDraining
        self.running = running
        self.finished = finished
    }
}

extension WorkerIntroduction {
    /// The same worker with nothing in its hands.
    package var withoutLeases: WorkerIntroduction {
        WorkerIntroduction(
            name: name,
            deviceClass: deviceClass,
            credit: credit,
            isDraining: isDraining
        )
    }
}

/// How far a worker is with a unit.
package struct LeaseProgress: Hashable, Sendable {
    package let lease: Lease
    /// What it is doing.
    package let phase: UnitPhase
    /// Steps or frames done, of `total`; grows while the unit runs.
    package let done: Int
    package let total: Int

    package init(_ lease: Lease, phase: UnitPhase, done: Int, total: Int) {
        self.lease = lease
        self.phase = phase
        self.done = done
        self.total = total
    }
}

/// What a worker does with a unit.
package enum UnitPhase: String, CaseIterable, Hashable, Sendable {
    /// Its inputs are on the way, or it waits for the unit before it.
    case waiting
    /// The network it needs is being read; has a time limit of its own.
    case loading
    case running
    /// Its result is on the way.
    case delivering
}
