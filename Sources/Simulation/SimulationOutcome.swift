/// What came of a simulated run.
package struct SimulationOutcome: Hashable, Sendable {
    package let seed: UInt64
    /// Broken promises, in words; empty as it should be.
    package let violations: [String]
    /// Of all lines of the log: the same for the same seed, always.
    package let logHash: UInt64
    /// Empty unless the profile keeps them.
    package let log: [String]
    package let statistics: SimulationStatistics
}

/// How much happened in a run.
package struct SimulationStatistics: Hashable, Sendable {
    package var events = 0
    package var virtualSeconds = 0
    package var faults = 0
    package var coordinatorStarts = 0
    package var workerStarts = 0
    package var messages = 0
    package var lostMessages = 0
    package var submitted = 0
    package var done = 0
    package var failed = 0
    package var cancelled = 0
    package var held = 0
    package var granted = 0
    package var accepted = 0
    /// Attempts that ended without a result.
    package var ended = 0

    package init() {}

    package static func += (sum: inout SimulationStatistics, other: SimulationStatistics) {
        sum.events += other.events
        sum.virtualSeconds += other.virtualSeconds
        sum.faults += other.faults
        sum.coordinatorStarts += other.coordinatorStarts
        sum.workerStarts += other.workerStarts
        sum.messages += other.messages
        sum.lostMessages += other.lostMessages
        sum.submitted += other.submitted
        sum.done += other.done
        sum.failed += other.failed
        sum.cancelled += other.cancelled
        sum.held += other.held
        sum.granted += other.granted
        sum.accepted += other.accepted
        sum.ended += other.ended
    }
}
