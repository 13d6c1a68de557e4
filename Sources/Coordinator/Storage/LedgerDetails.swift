import Diffusion
package import FFmpeg
package import Scheduling
package import WireProtocol

/// What the ledger keeps beside the entries of the machine, collected until the next commit.
package struct LedgerDetails: Sendable {
    /// A job that is submitted in the same commit.
    struct Submission: Sendable {
        let specification: JobSpecification
        /// Seconds since 1970.
        let time: Int64
    }

    struct FrameTimes: Sendable {
        let job: JobID
        let firstFrame: Int
        let times: [Rational]
    }

    private(set) var submissions: [JobID: Submission] = [:]
    private(set) var lines: [(job: JobID, line: JobEventLine)] = []
    private(set) var deviceClasses: [(job: JobID, name: String)] = []
    private(set) var mismatches: [MismatchRecord] = []
    private(set) var origins: [UnitOrigin] = []
    private(set) var deviations: [(job: JobID, deviation: DeviceDeviation)] = []
    private(set) var frameTimes: [FrameTimes] = []

    package init() {}

    package var isEmpty: Bool {
        submissions.isEmpty && lines.isEmpty && deviceClasses.isEmpty && mismatches.isEmpty
            && origins.isEmpty && deviations.isEmpty && frameTimes.isEmpty
    }

    /// The specification of a job; goes with its entry `submitted`.
    package mutating func note(
        _ specification: JobSpecification,
        submittedAt time: Int64,
        of job: JobID
    ) {
        submissions[job] = Submission(specification: specification, time: time)
    }

    /// A line of a job's history, for people.
    package mutating func note(_ line: JobEventLine, of job: JobID) {
        lines.append((job, line))
    }

    /// A class of device whose result was accepted.
    package mutating func note(deviceClass: String, of job: JobID) {
        deviceClasses.append((job, deviceClass))
    }

    /// A measured overlap; one that was measured before is replaced.
    package mutating func note(_ mismatch: MismatchRecord) {
        mismatches.append(mismatch)
    }

    /// Where a result was made; goes with its entry `finished`.
    package mutating func note(_ origin: UnitOrigin) {
        origins.append(origin)
    }

    /// How far two classes are apart; what was noted of them before is replaced.
    package mutating func note(_ deviation: DeviceDeviation, of job: JobID) {
        deviations.append((job, deviation))
    }

    /// When frames are shown, in seconds; those noted before from the same frame are replaced.
    package mutating func note(times: [Rational], from firstFrame: Int, of job: JobID) {
        frameTimes.append(FrameTimes(job: job, firstFrame: firstFrame, times: times))
    }
}

/// How far two windows of a round disagree on the frames that they share.
package struct MismatchRecord: Hashable, Sendable {
    package let job: JobID
    package let shot: Int
    package let round: Int
    package let left: Int
    package let right: Int
    /// D, the mean squared difference.
    package let difference: Double
    /// σ², the mean of both windows' variances.
    package let variance: Double

    package init(
        job: JobID,
        shot: Int,
        round: Int,
        left: Int,
        right: Int,
        difference: Double,
        variance: Double
    ) {
        self.job = job
        self.shot = shot
        self.round = round
        self.left = left
        self.right = right
        self.difference = difference
        self.variance = variance
    }

    /// D / (2σ²): 0 for identical windows, 1 for unrelated ones.
    ///
    /// Windows that differ where nothing
    /// varies have no finite ratio; theirs is the largest that people are told.
    package var ratio: Double {
        Disagreement(meanSquaredDifference: difference, variance: variance).finiteRatio
    }
}

/// A job as the ledger has it, for a coordinator that starts.
package struct LedgerJob: Sendable {
    package let specification: JobSpecification
    /// Seconds since 1970.
    package let submittedAt: Int64
    package let endedAt: Int64?
    package let mismatches: MismatchSummary
    package let deviceClasses: [String]
    /// By the names of the classes.
    package let deviations: [DeviceDeviation]
    /// The last lines of its history, oldest first; at most `WireLimits.events`.
    package let lines: [JobEventLine]
    /// When each frame is shown, in seconds, as far as planning came.
    package let frameTimes: [Rational]
}

/// All measured overlaps of a job in few numbers.
package struct MismatchSummary: Hashable, Sendable {
    package var count = 0
    package var mean = 0.0
    package var largest = 0.0
    /// Where the largest is: its round and left window.
    package var largestRound = 0
    package var largestWindow = 0

    package init() {}
}
