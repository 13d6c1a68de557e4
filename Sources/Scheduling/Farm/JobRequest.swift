/// What the machine knows of a job; the specification itself is none of its business.
package struct JobRequest: Hashable, Sendable {
    /// Drawn by the client, the same when a submit is repeated: the repetition is the same job.
    package let idempotencyKey: String
    /// For people; may be empty.
    package let name: String
    /// Higher goes first; 0 unless chosen.
    package let priority: Int
    /// Workers the job may use at a time; nil for all.
    package let workersMax: Int?
    /// Whether it starts paused.
    package let isPaused: Bool

    package init(
        idempotencyKey: String,
        name: String = "",
        priority: Int = 0,
        workersMax: Int? = nil,
        isPaused: Bool = false
    ) {
        precondition(workersMax ?? 1 > 0, "a job of \(workersMax ?? 0) workers")
        self.idempotencyKey = idempotencyKey
        self.name = name
        self.priority = priority
        self.workersMax = workersMax
        self.isPaused = isPaused
    }
}

/// Where a job is.
package enum JobState: String, CaseIterable, Hashable, Sendable {
    /// Open. Shots may still be found while units already run.
    case running
    /// Open, nothing new is dispatched.
    case paused
    /// All units are done; the output is being written and verified.
    case assembling
    /// All that can be done is; some units are held and wait for a person.
    case held
    case done
    case failed
    case cancelled

    /// Whether the job has come to its end; only `retry` opens a failed one again.
    package var isFinal: Bool { self == .done || self == .failed || self == .cancelled }
}

/// One shot of a job, found by planning.
package struct ShotOutline: Hashable, Sendable {
    /// Position among the job's shots.
    package let index: Int
    /// Number of its first frame in the job's video, which keys the noise.
    package let firstFrame: Int
    package let work: WorkOutline

    package init(index: Int, firstFrame: Int, work: WorkOutline) {
        precondition(index >= 0 && firstFrame >= 0, "shot \(index) from frame \(firstFrame)")
        self.index = index
        self.firstFrame = firstFrame
        self.work = work
    }
}
