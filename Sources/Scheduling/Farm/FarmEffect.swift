/// What the shell has to do.
///
/// In order: what `record` says is durable before any later effect of the same batch is visible to
/// anybody.
package enum FarmEffect: Hashable, Sendable {
    /// Append to the ledger.
    case record(LedgerEntry)

    // To workers. A message that cannot be sent is forgotten: the lease expires.

    /// Answer an introduction: what to do with each lease it named.
    case welcome(WorkerID, [Lease: LeaseAnswer])
    /// Send the unit, with the job's specification.
    case offer(WorkerID, Lease, UnitOrder)
    /// The worker shall stop running it and drop what it has of it.
    case withdraw(WorkerID, Lease)
    /// The worker may drop its copy of the result (unless `rejected`, which says why not).
    case acknowledge(WorkerID, Lease, ResultDisposition)
    case askToDrain(WorkerID)

    // Work of the coordinator itself.

    /// Find the job's shots, from the start; told by `planned`.
    case plan(JobID)
    /// Stop planning or assembling the job.
    case abandon(JobID)
    /// Write the output and verify it; told by `assembled` or `assemblyFailed`.
    case assemble(JobID)
    /// No unit will ask for this result again.
    case discard(UnitKey)
    /// The job came to its end: its working files may go (but its report stays).
    case discardJob(JobID)

    /// For clients that wait and for the log.
    case jobChanged(JobID, JobState, reason: String?)
}

/// What a worker does with a lease that it named in its introduction.
package enum LeaseAnswer: String, CaseIterable, Hashable, Sendable {
    /// Go on; the lease holds.
    case keep
    /// Stop, and drop what there is of it.
    case abort
    /// Deliver the result.
    case upload
}

/// What a unit is, for the worker that gets it.
package struct UnitOrder: Hashable, Sendable {
    /// Frames within the shot; empty for content.
    package let frames: Range<Int>
    /// Number of the shot's first frame in the video.
    package let firstFrame: Int
    /// Sampler steps; empty but for sample units.
    package let steps: Range<Int>

    package init(frames: Range<Int>, firstFrame: Int, steps: Range<Int>) {
        self.frames = frames
        self.firstFrame = firstFrame
        self.steps = steps
    }
}
