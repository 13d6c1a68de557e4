// The parts of a session's state.

/// A unit that the worker has accepted and not finished.
struct HeldUnit: Sendable {
    let lease: Lease
    let steps: Int
    var hasInputs = false
    var phase = UnitPhase.waiting
    var done = 0

    init(_ lease: Lease, steps: Int) {
        self.lease = lease
        self.steps = steps
    }

    var progress: LeaseProgress {
        LeaseProgress(lease, phase: phase, done: done, total: steps)
    }
}

/// A finished result that the coordinator has not answered for.
struct SpooledResult: Sendable {
    enum State: Hashable, Sendable {
        /// To be sent as soon as it is its turn.
        case waiting
        case sending
        /// All of it was taken; what became of it is still to be told.
        case sent(at: Instant)
    }

    let lease: Lease
    let steps: Int
    var state = State.waiting
    /// Transfers begun since the connection is up.
    var deliveries = 0

    init(_ lease: Lease, steps: Int) {
        self.lease = lease
        self.steps = steps
    }

    mutating func restart() {
        state = .waiting
        deliveries = 0
    }

    /// An acknowledgement that does not come is waited for twice as long each time, up to 16 times.
    func isDue(at now: Instant, retry: Duration) -> Bool {
        switch state {
        case .waiting: true
        case .sending: false
        case .sent(let instant):
            now >= instant + retry * (1 << min(max(deliveries, 1) - 1, 4))
        }
    }

    var progress: LeaseProgress {
        LeaseProgress(lease, phase: .delivering, done: steps, total: steps)
    }
}

/// What the runner does.
enum RunnerState: Hashable, Sendable {
    case idle
    case running(Lease)
    /// Told to stop a unit that is not wanted any more.
    case stopping(Lease, since: Instant)
    case killed(Lease)

    var lease: Lease? {
        switch self {
        case .idle: nil
        case .running(let lease), .stopping(let lease, _), .killed(let lease): lease
        }
    }
}

/// How the worker stands with its coordinator.
struct CoordinatorLink: Sendable {
    /// Of the coordinator that welcomed it last.
    var instance: UInt64?
    /// Welcomed, and not told otherwise since.
    var isKnown = false
    /// When the introduction was sent that has not been answered.
    var introducedAt: Instant?
    /// When anything arrived last; at first the start of the worker.
    var heardAt: Instant?
    var beatAt: Instant?

    func isSilent(at now: Instant, _ times: WorkerTimes) -> Bool {
        heardAt.map { now >= $0 + times.silence } ?? true
    }

    func isAway(at now: Instant, _ times: WorkerTimes) -> Bool {
        !isKnown || isSilent(at: now, times)
    }
}

/// How far the worker is with leaving.
struct Leaving: Sendable {
    /// Nil while it stays.
    var speed: DrainSpeed?
    /// When it began to drain at this speed.
    var since = Instant.zero
    var hasGivenBack = false
    var hasLeft = false
}
