/// How a process ended.
package enum ProcessEnd: Hashable, Sendable {
    case exited(Int32)
    case killed(Int32)
}

/// Whether and when a worker that died is started again.
///
/// A worker that ran for a while is started again at once, however it died: its unit goes to
/// another and nothing is lost. One that dies at its start is tried with growing pauses, and then
/// not any more; one that says that it is not let in is believed.
package struct RestartPolicy: Hashable, Sendable {
    package enum Decision: Hashable, Sendable {
        /// After so many seconds.
        case restart(after: Double)
        /// A verb phrase about the worker.
        case giveUp(String)
    }

    /// A worker that lived for this long did work.
    package static let settledSeconds = 5.0
    /// Deaths at the start, one after the other.
    package static let earlyDeathsMax = 8
    /// Exit statuses that another try does not change: protocol and key.
    ///
    /// A wrong configuration may be a folder that an earlier run's worker has not left yet.
    package static let finalStatuses: Set<Int32> = [76, 77]

    private var earlyDeaths = 0

    package init() {}

    package mutating func died(_ end: ProcessEnd, after seconds: Double) -> Decision {
        if case .exited(let status) = end, Self.finalStatuses.contains(status) {
            return .giveUp("cannot work (status \(status))")
        }
        if seconds >= Self.settledSeconds {
            earlyDeaths = 0
            return .restart(after: 0)
        }
        // Somebody who kills workers is no fault of theirs.
        if end == .killed(9) { return .restart(after: 0.2) }
        earlyDeaths += 1
        guard earlyDeaths <= Self.earlyDeathsMax else {
            return .giveUp("died \(earlyDeaths) times at its start")
        }
        return .restart(after: min(5, 0.1 * Double(1 << earlyDeaths)))
    }
}
