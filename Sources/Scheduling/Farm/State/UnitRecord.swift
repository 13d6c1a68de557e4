/// A unit that runs, is held, or has failed before; the others need no record.
struct UnitRecord: Sendable {
    /// Attempts that run: one, or two with a copy.
    private(set) var first: Epoch?
    private(set) var second: Epoch?
    /// Workers that failed it, each once, whether they said it was the unit's fault or their own:
    /// what fails on several is the unit.
    private(set) var failers: [WorkerID] = []
    /// Workers on which it did not advance, each once.
    private(set) var hangers: [WorkerID] = []
    /// Failures of any worker, not distinct.
    private(set) var failureCount = 0
    /// Attempts that ended by nobody's fault.
    private(set) var infrastructureCount = 0
    var isHeld = false
    /// Steps that the furthest attempt has done.
    var stepsDone = 0

    var attempts: [Epoch] { [first, second].compactMap(\.self) }
    var isLeased: Bool { first != nil }
    var canTakeAttempt: Bool { second == nil && !isHeld }
    var isBlank: Bool {
        first == nil && !isHeld && failureCount == 0 && infrastructureCount == 0
    }

    mutating func add(_ attempt: Epoch) {
        if first == nil { first = attempt } else { second = attempt }
    }

    mutating func remove(_ attempt: Epoch) {
        if second == attempt {
            second = nil
        } else if first == attempt {
            first = second
            second = nil
        }
    }

    /// Whether it failed on any but this worker.
    func hasFailed(besides worker: WorkerID) -> Bool {
        failers.contains { $0 != worker } || hangers.contains { $0 != worker }
    }

    /// Counts how an attempt ended against the unit's budgets.
    mutating func count(_ end: AttemptEnd, by worker: WorkerID) {
        switch end {
        case .failedUnit, .failedWorker, .invalid:
            failureCount += 1
            if !failers.contains(worker) { failers.append(worker) }
        case .hung:
            infrastructureCount += 1
            if !hangers.contains(worker) { hangers.append(worker) }
        case .lost, .returned:
            infrastructureCount += 1
        case .declined, .failedResource, .failedSpecification, .superseded:
            break
        }
    }

    /// A person gave the unit fresh budgets.
    mutating func forgive() {
        failers = []
        hangers = []
        failureCount = 0
        infrastructureCount = 0
        isHeld = false
    }
}
