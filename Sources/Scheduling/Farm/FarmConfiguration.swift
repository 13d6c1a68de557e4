/// The farm's numbers; `Docs/Operating.md` gives the reasons.
package struct FarmConfiguration: Hashable, Sendable {
    package var lease = Duration.seconds(15)
    package var acceptTimeout = Duration.seconds(5)
    /// No progress for this long, or for five times the measured step, is a hang.
    package var progressTimeout = Duration.seconds(60)
    /// Time that reading a model may take.
    package var loadingTimeout = Duration.seconds(600)
    /// Distinct workers on which a unit may fail of its own before it is held.
    package var unitFailuresMax = 3
    /// Attempts that may end by nobody's fault before a unit is held.
    package var infrastructureFailuresMax = 20
    /// Consecutive failures that others do not share: for the job, and for the farm.
    package var workerFailuresJob = 2
    package var workerFailuresFarm = 3
    package var probation = Duration.seconds(300)
    package var probationMax = Duration.seconds(4 * 3600)
    /// A copy is started if it is expected to end within this share of the rest of the original.
    package var speculationFactor = 0.8
    /// Copies over workers, at least one.
    package var speculationShare = 0.1
    /// Ended jobs that are kept for `weft ls`.
    package var endedJobsMax = 1000

    package init() {}
}
