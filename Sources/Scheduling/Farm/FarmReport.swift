/// What the machine tells people about a job; numbers that always add up.
package struct JobReport: Hashable, Sendable {
    package let id: JobID
    package let request: JobRequest
    package let state: JobState
    package let reason: String?
    package let isPlanned: Bool
    package let shotCount: Int
    package let frameCount: Int
    /// For each kind of unit.
    package let units: [UnitKind: UnitCounts]
    /// Attempts by how they ended; `nil` is by a result that was accepted.
    package let attempts: [AttemptEnd: Int]
    package let speculativeAttempts: Int
    /// Workers that hold a lease of the job.
    package let workerCount: Int
    /// Steps done by sample units, the parts of running ones included, of all.
    package let stepsDone: Int
    package let stepsTotal: Int
    package let heldUnits: [UnitKey]

    package init(
        id: JobID,
        request: JobRequest,
        state: JobState,
        reason: String?,
        isPlanned: Bool,
        shotCount: Int,
        frameCount: Int,
        units: [UnitKind: UnitCounts],
        attempts: [AttemptEnd: Int],
        speculativeAttempts: Int,
        workerCount: Int,
        stepsDone: Int,
        stepsTotal: Int,
        heldUnits: [UnitKey]
    ) {
        self.id = id
        self.request = request
        self.state = state
        self.reason = reason
        self.isPlanned = isPlanned
        self.shotCount = shotCount
        self.frameCount = frameCount
        self.units = units
        self.attempts = attempts
        self.speculativeAttempts = speculativeAttempts
        self.workerCount = workerCount
        self.stepsDone = stepsDone
        self.stepsTotal = stepsTotal
        self.heldUnits = heldUnits
    }
}

/// Units of one kind: total = blocked + ready + leased + done + held, always.
package struct UnitCounts: Hashable, Sendable {
    package var total = 0
    /// Waiting for other units.
    package var blocked = 0
    package var ready = 0
    package var leased = 0
    package var done = 0
    package var held = 0

    package init() {}
}

/// What the machine tells people about a worker.
package struct WorkerReport: Hashable, Sendable {
    package let id: WorkerID
    package let name: String
    package let deviceClass: String
    package let isConnected: Bool
    package let standing: WorkerStanding
    package let leases: [LeaseProgress]
    package let unitsDone: Int
    package let unitsFailed: Int
    /// Since anything was heard of it.
    package let silence: Duration

    package init(
        id: WorkerID,
        name: String,
        deviceClass: String,
        isConnected: Bool,
        standing: WorkerStanding,
        leases: [LeaseProgress],
        unitsDone: Int,
        unitsFailed: Int,
        silence: Duration
    ) {
        self.id = id
        self.name = name
        self.deviceClass = deviceClass
        self.isConnected = isConnected
        self.standing = standing
        self.leases = leases
        self.unitsDone = unitsDone
        self.unitsFailed = unitsFailed
        self.silence = silence
    }
}
