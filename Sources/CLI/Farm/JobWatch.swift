import Coordinator
import Scheduling
import WireProtocol
import ZeroMQ

/// Follows a job to its end, or to the end of somebody's patience.
struct JobWatch {
    /// Why the watching ended.
    enum End {
        /// The job came to its end, or is held.
        case job(JobDetails)
        case signal(Signal)
        case timeout
    }

    let client: FarmClient
    let signals: SignalMonitor
    /// When to stop; nil never.
    var deadline: ContinuousClock.Instant?
    /// Called several times a second; what it throws ends the watching.
    var check: () throws -> Void = {}

    private static let interval = Duration.milliseconds(400)

    /// Asks and shows until the job ends.
    func run(_ job: JobID, _ printer: inout ProgressPrinter) throws -> End {
        let start = ContinuousClock.now
        let poller = Poller(signals: signals)
        while true {
            let details = try client.job(job)
            printer.show(details, at: (ContinuousClock.now - start).seconds)
            let state = details.report.state
            if state.isFinal || state == .held { return .job(details) }
            if let deadline, ContinuousClock.now >= deadline { return .timeout }
            let next = ContinuousClock.now + Self.interval
            while ContinuousClock.now < next {
                let readiness = try poller.wait(for: .milliseconds(100))
                if let signal = readiness.signals.first { return .signal(signal) }
                try check()
            }
        }
    }
}

extension Signal {
    /// The status a shell gives to a process that this signal ended.
    var exitStatus: ExitStatus {
        switch self {
        case .interrupt: .interrupted
        default: .terminated
        }
    }
}

extension Duration {
    /// As a number of seconds.
    var seconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}
