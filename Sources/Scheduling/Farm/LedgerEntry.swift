/// A fact that the farm must not forget.
///
/// A machine that is given all entries again, in order, is where the one that made them was, but
/// for what only workers know.
package enum LedgerEntry: Hashable, Sendable {
    /// A start of the coordinator; its number is in the epochs of this start.
    case started(instance: UInt64)
    case submitted(JobID, JobRequest)
    case planned(JobID, [ShotOutline], isLast: Bool)
    case granted(WorkerID, Lease)
    /// An attempt that ended without a result.
    case ended(WorkerID, Lease, AttemptEnd, reason: String)
    case finished(WorkerID, Lease, ResultSummary)
    /// A unit that waits for a person, with the failures that led there.
    case held(UnitKey, reason: String)
    /// Held units, or a failed job, opened again.
    case reopened(JobID)
    /// An accepted result that was lost: the unit is open again.
    case lost(UnitKey)
    case jobChanged(JobID, JobState, reason: String?)
    case priorityChanged(JobID, Int)
    case workerChanged(WorkerID, WorkerStanding)
    /// The working files of a job are gone; it needs no place in memory any more.
    case discarded(JobID)
}

/// How an attempt ended.
package enum AttemptEnd: String, CaseIterable, Hashable, Sendable {
    case declined
    case returned
    /// The lease ran out, or the worker left.
    case lost
    /// It did not advance.
    case hung
    case failedUnit
    case failedWorker
    case failedResource
    case failedSpecification
    /// Its result was not valid.
    case invalid
    /// Another attempt's result was accepted, or the job ended.
    case superseded
}

/// Whether a worker gets units.
package enum WorkerStanding: String, CaseIterable, Hashable, Sendable {
    case trusted
    case draining
    /// Failed where others did not; comes back through a single unit after a while.
    case quarantined
    /// Put aside by a person until released.
    case heldBack
}
