package import Scheduling

// What clients ask on the control socket. The answer's envelope names the request by its sequence
// number (`replyTo`); a request that gets no answer is sent again, which does no harm.

/// Client: a new job.
///
/// Answered by `SubmittedMessage` when it is durable.
package struct SubmitMessage: Hashable, Sendable {
    package var request: JobRequest
    package var job: JobSpecification

    package init(_ request: JobRequest, _ job: JobSpecification) {
        self.request = request
        self.job = job
    }
}

package struct SubmittedMessage: Hashable, Sendable {
    package var job: JobID

    package init(_ job: JobID) {
        self.job = job
    }
}

/// Client: the jobs, newest first.
///
/// Answered by `JobListMessage`.
package struct ListJobsMessage: Hashable, Sendable {
    /// Only jobs before this one; for the next page.
    package var before: JobID?

    package init(before: JobID? = nil) {
        self.before = before
    }
}

package struct JobListMessage: Hashable, Sendable {
    package var jobs: [JobDetails]
    /// Whether there are older ones.
    package var hasMore: Bool

    package init(jobs: [JobDetails], hasMore: Bool) {
        self.jobs = jobs
        self.hasMore = hasMore
    }
}

/// Client: one job.
///
/// Answered by `JobDetails`.
package struct ShowJobMessage: Hashable, Sendable {
    package var job: JobID

    package init(_ job: JobID) {
        self.job = job
    }
}

/// Coordinator: a job as people see it.
package struct JobDetails: Hashable, Sendable {
    package var report: JobReport
    package var input = ""
    package var output = ""
    /// Seconds since 1970.
    package var submittedAt: Int64 = 0
    package var endedAt: Int64?
    /// Overlap mismatches D / (2σ²) measured so far.
    package var mismatchCount: UInt64 = 0
    package var mismatchMean = 0.0
    package var mismatchLargest = 0.0
    /// The round and left window of the largest.
    package var mismatchLargestRound: UInt32 = 0
    package var mismatchLargestWindow: UInt32 = 0
    /// Classes of the devices whose results were accepted.
    package var deviceClasses: [String] = []
    /// Frames written to the output so far.
    package var framesWritten: UInt64 = 0
    /// Last events, oldest first, for `weft show`; empty in lists.
    package var events: [JobEventLine] = []
    /// Each pair of classes at most once.
    package var deviations: [DeviceDeviation] = []

    package init(report: JobReport) {
        self.report = report
    }
}

/// A line of a job's history.
package struct JobEventLine: Hashable, Sendable {
    /// Seconds since 1970.
    package var time: Int64
    package var text: String

    package init(time: Int64, text: String) {
        self.time = time
        self.text = text
    }
}

/// How far two classes of devices are apart, by what both made of one input.
package struct DeviceDeviation: Hashable, Sendable {
    /// Before `second` in the order of names.
    package let first: String
    package let second: String
    /// D / (2σ²), as of an overlap: 0 for the same bits, 1 for what has nothing in common.
    package let ratio: Double

    package init(_ one: String, _ other: String, ratio: Double) {
        (first, second) = one < other ? (one, other) : (other, one)
        self.ratio = ratio
    }
}

/// Client: the units of a job that have results, and where those were made.
///
/// Answered by `UnitListMessage`.
package struct ListUnitsMessage: Hashable, Sendable {
    package var job: JobID
    /// Only units after this one; for the next page.
    package var after: UnitKey?

    package init(_ job: JobID, after: UnitKey? = nil) {
        self.job = job
        self.after = after
    }
}

package struct UnitListMessage: Hashable, Sendable {
    package var units: [UnitOrigin]
    /// Whether more come after these.
    package var hasMore: Bool

    package init(units: [UnitOrigin], hasMore: Bool = false) {
        self.units = units
        self.hasMore = hasMore
    }
}

/// Where the result of a unit was made.
package struct UnitOrigin: Hashable, Sendable {
    package var unit: UnitKey
    package var worker: WorkerID
    /// The worker's, for people.
    package var name: String
    package var deviceClass: String

    package init(_ unit: UnitKey, _ worker: WorkerID, name: String, deviceClass: String) {
        self.unit = unit
        self.worker = worker
        self.name = name
        self.deviceClass = deviceClass
    }
}

/// Client: do this to a job.
///
/// Answered by `DoneMessage`.
package struct CommandJobMessage: Hashable, Sendable {
    package var job: JobID
    package var command: JobCommand

    package init(_ job: JobID, _ command: JobCommand) {
        self.job = job
        self.command = command
    }
}

/// Client: the workers, in order.
///
/// Answered by `WorkerListMessage`.
package struct ListWorkersMessage: Hashable, Sendable {
    /// Only workers after this one; for the next page.
    package var after: WorkerID?

    package init(after: WorkerID? = nil) {
        self.after = after
    }
}

package struct WorkerListMessage: Hashable, Sendable {
    package var workers: [WorkerReport]
    /// Whether more come after these.
    package var hasMore: Bool

    package init(workers: [WorkerReport], hasMore: Bool = false) {
        self.workers = workers
        self.hasMore = hasMore
    }
}

/// Client: do this to a worker.
///
/// Answered by `DoneMessage`.
package struct CommandWorkerMessage: Hashable, Sendable {
    package var worker: WorkerID
    package var command: WorkerCommand

    package init(_ worker: WorkerID, _ command: WorkerCommand) {
        self.worker = worker
        self.command = command
    }
}

/// Coordinator: what was asked is done and durable.
package struct DoneMessage: Hashable, Sendable {
    package init() {}
}
