import Scheduling
import TestSupport

/// A farm with workers that a test moves: it keeps the effects, the ledger and who holds what.
struct FarmDriver {
    private(set) var farm: Farm
    let configuration: FarmConfiguration
    private(set) var now = Instant.zero
    private(set) var ledger: [LedgerEntry] = []
    /// Offers that were not finished, by worker in the order they came.
    private(set) var held: [WorkerID: [Lease]] = [:]
    private(set) var orders: [Lease: UnitOrder] = [:]
    /// Effects since the test last looked.
    private(set) var effects: [FarmEffect] = []
    private(set) var faults: [String] = []
    /// Events from one audit to the next: of large jobs not every one.
    var auditInterval = 1
    private var eventCount = 0
    /// Units whose result was accepted, in order.
    private(set) var accepted: [UnitKey] = []
    /// Pairs of windows that a shell would have compared.
    private(set) var overlapCount = 0

    init(_ configuration: FarmConfiguration = FarmConfiguration()) {
        self.configuration = configuration
        farm = Farm(configuration)
        take(farm.start(at: now))
    }

    mutating func send(_ event: FarmEvent) {
        if case .resultStored(_, let lease, _) = event, farm.wants(lease.unit) {
            accepted.append(lease.unit)
            overlapCount += farm.overlaps(of: lease.unit).count
        }
        take(farm.handle(event, at: now))
        eventCount += 1
        if eventCount % auditInterval == 0 { faults += farm.audit() }
    }

    mutating func wait(_ duration: Duration) {
        // The shell ticks at least once a second, and its workers speak.
        var rest = duration
        while rest > .zero {
            let step = min(rest, .seconds(1))
            now = now + step
            rest -= step
            send(.tick)
        }
    }

    /// Effects since the last call.
    mutating func takeEffects() -> [FarmEffect] {
        defer { effects = [] }
        return effects
    }

    /// The coordinator stops and comes back with what its ledger says.
    mutating func restart() {
        farm = Farm(configuration, replaying: ledger)
        now = now + .seconds(1)
        take(farm.start(at: now))
        faults += farm.audit()
    }

    mutating func join(_ name: String, credit: Int = 1) {
        send(
            .joined(
                WorkerID(name),
                WorkerIntroduction(
                    name: name,
                    deviceClass: "cpu",
                    credit: credit,
                    running: held[WorkerID(name)] ?? []
                )
            )
        )
    }

    /// Submits a job whose shots are planned at once.
    @discardableResult
    mutating func submit(
        _ shots: [WorkOutline],
        priority: Int = 0,
        workersMax: Int? = nil,
        isPaused: Bool = false
    ) -> JobID {
        let id = farm.nextJob
        let request = JobRequest(
            idempotencyKey: "key of \(id)",
            priority: priority,
            workersMax: workersMax,
            isPaused: isPaused
        )
        send(.submitted(id, request))
        plan(id, shots)
        return id
    }

    mutating func plan(_ id: JobID, _ shots: [WorkOutline]) {
        var firstFrame = 0
        let outlines = shots.enumerated().map { index, work in
            defer { firstFrame += work.frameCount }
            return ShotOutline(index: index, firstFrame: firstFrame, work: work)
        }
        send(.planned(id, outlines, isLast: true))
    }

    func lease(of worker: String, at place: Int = 0) -> Lease? {
        let leases = held[WorkerID(worker)] ?? []
        return place < leases.count ? leases[place] : nil
    }

    mutating func finish(_ worker: String, _ lease: Lease) {
        send(.accepted(WorkerID(worker), lease))
        send(.resultStored(WorkerID(worker), lease, .sample))
    }

    mutating func fail(_ worker: String, _ lease: Lease, _ failureClass: FailureClass) {
        drop(lease, of: WorkerID(worker))
        send(.failed(WorkerID(worker), lease, UnitFailure(failureClass, "a test says so")))
    }

    /// Every worker finishes what it has until nobody has anything.
    mutating func finishAll(limit: Int = 100_000) {
        var rest = limit
        while let (worker, lease) = firstHeld(), rest > 0 {
            finish(worker.name, lease)
            rest -= 1
        }
    }

    /// A held lease of any worker, chosen by chance.
    func randomHeld(_ generator: inout SeededGenerator) -> (WorkerID, Lease)? {
        let all = held.keys.sorted().flatMap { worker in held[worker]!.map { (worker, $0) } }
        return all.randomElement(using: &generator)
    }

    private func firstHeld() -> (WorkerID, Lease)? {
        for worker in held.keys.sorted() {
            if let lease = held[worker]!.first { return (worker, lease) }
        }
        return nil
    }

    mutating func drop(_ lease: Lease, of worker: WorkerID) {
        held[worker]?.removeAll { $0 == lease }
    }

    private mutating func take(_ batch: [FarmEffect]) {
        effects += batch
        var isRevealing = false
        for effect in batch {
            switch effect {
            case .record(let entry):
                if isRevealing { faults.append("\(entry) is recorded too late") }
                ledger.append(entry)
                continue
            case .offer(let worker, let lease, let order):
                held[worker, default: []].append(lease)
                orders[lease] = order
            case .withdraw(let worker, let lease), .acknowledge(let worker, let lease, _):
                drop(lease, of: worker)
            default: break
            }
            isRevealing = true
        }
    }
}

extension ResultSummary {
    /// Of any result.
    static let sample = ResultSummary(checksum: [1, 2, 3], byteCount: 3, least: 0, largest: 1)
}

extension WorkOutline {
    /// Balanced windows of `length` frames that share `overlap`.
    static func balanced(
        frames: Int,
        length: Int = 16,
        overlap: Int = 8,
        rounds: Int = 3,
        chunk: Int = 8
    ) -> WorkOutline {
        var windows = [0..<frames]
        if frames > length {
            let steps = (frames - length + length - overlap - 1) / (length - overlap)
            windows = (0...steps).map { index in
                let start = index * (frames - length) / steps
                return start..<start + length
            }
        }
        return WorkOutline(
            frameCount: frames,
            windows: windows,
            rounds: (0..<rounds).map { 2 * $0..<2 * $0 + 2 },
            chunkFrames: chunk
        )
    }

    /// A small shot of any shape.
    static func random(_ generator: inout SeededGenerator) -> WorkOutline {
        let length = Int.random(in: 2...8, using: &generator)
        return balanced(
            frames: Int.random(in: 1...30, using: &generator),
            length: length,
            overlap: Int.random(in: 0..<length, using: &generator),
            rounds: Int.random(in: 1...4, using: &generator),
            chunk: Int.random(in: 2...9, using: &generator)
        )
    }
}
