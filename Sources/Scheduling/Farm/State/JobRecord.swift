/// A job: what is done of it, what can be started, and what it has cost.
struct JobRecord: Sendable {
    let id: JobID
    private(set) var request: JobRequest
    var state: JobState
    var reason: String?
    private(set) var isPlanned = false
    private(set) var frameCount = 0
    private(set) var shotCount = 0
    private var windowCount = 0
    private(set) var shots: [ShotState] = []
    private(set) var content: ResultSummary?
    private(set) var isContentDone = false
    var ready = ReadyUnits()
    private(set) var units: [UnitKey: UnitRecord] = [:]
    /// For each kind by its stage; `blocked` stays 0 in here and is what is left.
    private(set) var tally = Array(repeating: UnitCounts(), count: UnitKind.allCases.count)
    var costs = JobCosts()

    init(_ id: JobID, _ request: JobRequest) {
        self.id = id
        self.request = request
        state = request.isPaused ? .paused : .running
        tally[UnitKind.content.stage].total = 1
    }

    var counts: [UnitKind: UnitCounts] {
        var counts: [UnitKind: UnitCounts] = [:]
        for kind in UnitKind.allCases { counts[kind] = count(of: kind) }
        return counts
    }

    func count(of kind: UnitKind) -> UnitCounts {
        var count = tally[kind.stage]
        count.blocked = count.total - count.ready - count.leased - count.done - count.held
        return count
    }

    /// Windows after which a new stretch of shots begins: enough to keep a large farm busy, and far
    /// less than would fill a disk with the depth and latents of a whole film.
    private static let stretchWindows = 512

    /// The unit's place in the order of the job.
    func key(of unit: UnitKey) -> ReadyKey {
        let isContent = unit.unit.kind == .content
        return ReadyKey(unit, stretch: isContent ? 0 : shots[unit.shot].stretch)
    }

    var isComplete: Bool { isPlanned && tally.allSatisfy { $0.done == $0.total } }

    /// Whether nothing runs and nothing can be started until a person helps.
    var isStuck: Bool {
        isPlanned && tally.contains { $0.held > 0 }
            && tally.allSatisfy { $0.ready == 0 && $0.leased == 0 }
    }

    /// The worker that had the window of a sample unit last.
    func owner(of unit: UnitKey) -> Int? {
        unit.unit.kind == .sample ? shots[unit.shot].owners[unit.unit.index] : nil
    }

    func contains(_ unit: UnitKey) -> Bool {
        if unit.unit.kind == .content { return unit.shot == 0 && unit.unit.index == 0 }
        return unit.shot < shots.count && shots[unit.shot].work.contains(unit.unit)
    }

    /// Whether a result of the unit is wanted, the state of the job aside.
    func isNext(_ unit: UnitKey) -> Bool {
        guard contains(unit) else { return false }
        return unit.unit.kind == .content ? !isContentDone : shots[unit.shot].isNext(unit.unit)
    }

    func hasInputs(_ unit: UnitKey) -> Bool {
        switch unit.unit.kind {
        case .content: true
        case .sample: content != nil && shots[unit.shot].hasInputs(unit.unit)
        case .depth, .decode: shots[unit.shot].hasInputs(unit.unit)
        }
    }

    /// All that run, in order.
    var attempts: [Epoch] { units.values.flatMap(\.attempts).sorted() }

    func result(of unit: UnitKey) -> ResultSummary? {
        guard contains(unit) else { return nil }
        return unit.unit.kind == .content ? content : shots[unit.shot].results[unit.unit]
    }

    func steps(of unit: UnitKey) -> Int {
        unit.unit.kind == .sample ? shots[unit.shot].work.steps(of: unit.unit).count : 0
    }

    mutating func setPriority(_ priority: Int) {
        request = JobRequest(
            idempotencyKey: request.idempotencyKey,
            name: request.name,
            priority: priority,
            workersMax: request.workersMax,
            isPaused: request.isPaused
        )
    }

    /// Appends shots, whose depth can begin at once.
    mutating func add(_ outlines: [ShotOutline], isLast: Bool) {
        for outline in outlines {
            precondition(outline.index == shots.count, "shot \(outline.index) of \(shots.count)")
            let work = outline.work
            shots.append(ShotState(outline, stretch: windowCount / Self.stretchWindows))
            windowCount += work.windows.count
            for kind in UnitKind.allCases { tally[kind.stage].total += work.unitCount(kind) }
            frameCount += work.frameCount
            let steps = work.rounds[work.rounds.count - 1].upperBound - work.rounds[0].lowerBound
            costs.stepsTotal += steps * work.windows.count
            ready.addFresh(
                stretch: shots[outline.index].stretch,
                rank: ReadyKey.depth,
                shot: outline.index,
                count: work.chunkCount
            )
            tally[UnitKind.depth.stage].ready += work.chunkCount
        }
        shotCount = shots.count
        isPlanned = isLast
    }

    /// Lets go of everything but what the report says; the job has come to its end.
    mutating func compact() {
        shots = []
        content = nil
        units = [:]
        ready = ReadyUnits()
        for stage in tally.indices {
            tally[stage].ready = 0
            tally[stage].leased = 0
            tally[stage].held = 0
        }
    }

    /// Changes a shot and the units' records; the rules are in the extensions.
    mutating func changeShot<Result>(
        _ index: Int,
        _ change: (inout ShotState) -> Result
    ) -> Result {
        change(&shots[index])
    }

    mutating func changeRecord<Result>(
        of unit: UnitKey,
        _ change: (inout UnitRecord) -> Result
    ) -> Result {
        let result = change(&units[unit, default: UnitRecord()])
        if units[unit]?.isBlank == true { units[unit] = nil }
        return result
    }

    /// Forgets a finished unit but for its other attempts, which run until they are told.
    mutating func keepOnlyAttempts(of unit: UnitKey, besides epoch: Epoch) {
        guard var record = units.removeValue(forKey: unit) else { return }
        record.forgive()
        record.stepsDone = 0
        record.remove(epoch)
        if record.isLeased { units[unit] = record }
    }

    mutating func changeTally(_ kind: UnitKind, _ change: (inout UnitCounts) -> Void) {
        change(&tally[kind.stage])
    }

    mutating func keepContent(_ summary: ResultSummary?) {
        content = summary
        isContentDone = summary != nil
    }
}

/// What a job has cost and how fast it goes.
struct JobCosts: Sendable {
    var attempts: [AttemptEnd: Int] = [:]
    var speculativeAttempts = 0
    var stepsTotal = 0
    /// Of finished units.
    var stepsDone = 0
    /// Of running units.
    var stepsRunning = 0
    /// Leases by the worker that holds them.
    var leases: [Int: Int] = [:]
    /// Time of a step or frame by kind of unit, over all workers.
    var paces: [Pace] = Array(repeating: Pace(), count: UnitKind.allCases.count)
    /// Time from an acceptance to the first step.
    var setup = Pace()
}

/// A moving average of durations.
struct Pace: Sendable {
    private(set) var nanoseconds: Double?

    mutating func add(_ duration: Duration) {
        let value = Double(duration.wholeNanoseconds)
        nanoseconds = nanoseconds.map { $0 + (value - $0) / 4 } ?? value
    }
}
