package import Scheduling

/// A farm without faults on virtual time, for measuring the machine alone: how many decisions it
/// makes a second is for the caller, who has a clock.
package struct SchedulerLoad {
    /// What a run did.
    package struct Outcome: Hashable, Sendable {
        /// Units granted to workers.
        package var decisions = 0
        /// Events that the machine took.
        package var events = 0
        /// Entries that a ledger would keep.
        package var entries = 0
        /// Units whose results were accepted.
        package var units = 0
        /// From the submission to the last result, in the farm's time.
        package var makespan = Duration.zero
        /// Work of all units over workers and makespan: 1 is a farm that never waits.
        package var utilisation = 0.0
        /// Makespan over the larger of two bounds: all work shared out by the workers' speeds, and
        /// windows as whole as they are, each of the mean length.
        package var stretch = 0.0
    }

    private var farm: Farm
    private var workers: [Worker] = []
    private var agenda = OrderedSet<Appointment>()
    private var now = Instant.zero
    private var outcome = Outcome()
    private var worked = Duration.zero
    /// What the accepted units take on a worker of full speed.
    private var needed = Duration.zero
    private var windowWork = Duration.zero
    private var windowCount = 0
    private var isDone = false
    private let job: JobID
    private let stepTime: Duration
    private let chunkShare: Double
    /// Steps that a worker tells of while a unit runs.
    private static let stepsPerUnit = 20

    /// A job of about `units` units in shots of at most `shotWindows` windows.
    ///
    /// - Parameters:
    ///   - count: How many workers there are, at least 1.
    ///   - units: How many units the job has at least; at least 1.
    ///   - rounds: Fusion rounds of the job.
    ///   - shotWindows: Windows of a shot at most.
    ///   - stepTime: Of one round of a window, or of one chunk; varied by a quarter either way.
    ///   - chunkShare: What a chunk takes of a window's time.
    ///   - slowWorkers: How many take five times as long.
    ///   - configuration: The farm's numbers.
    package init(
        workers count: Int,
        units: Int,
        rounds: Int = 10,
        shotWindows: Int = 1000,
        stepTime: Duration = .seconds(10),
        chunkShare: Double = 1,
        slowWorkers: Int = 0,
        configuration: FarmConfiguration = FarmConfiguration()
    ) {
        precondition(count > 0 && units > 0 && rounds > 0 && shotWindows > 0, "an empty farm")
        farm = Farm(configuration)
        self.stepTime = stepTime
        self.chunkShare = chunkShare
        job = farm.nextJob
        carryOut(farm.start(at: now))
        let request = JobRequest(idempotencyKey: "load")
        send(.submitted(job, request))
        var windows = (units + rounds + 1) / (rounds + 2)
        var shots: [ShotOutline] = []
        var firstFrame = 0
        while windows > 0 {
            let work = Self.outline(windows: min(windows, shotWindows), rounds: rounds)
            shots.append(ShotOutline(index: shots.count, firstFrame: firstFrame, work: work))
            firstFrame += work.frameCount
            windows -= shotWindows
        }
        send(.planned(job, shots, isLast: true))
        for index in 0..<count {
            let name = "worker-\(index)"
            workers.append(Worker(id: WorkerID(name), slowness: index < slowWorkers ? 5 : 1))
            let introduction = WorkerIntroduction(name: name, deviceClass: "cpu", credit: 2)
            // They do not all speak at the same moment.
            let offset = Duration.milliseconds(2000 * index / count)
            agenda.insert(Appointment(at: now + offset, worker: index, kind: .heartbeat))
            send(.joined(WorkerID(name), introduction))
        }
        agenda.insert(Appointment(at: now + .seconds(1), worker: -1, kind: .tick))
    }

    /// Runs until all units are done.
    package mutating func run() -> Outcome {
        while !isDone, let next = agenda.first {
            agenda.remove(next)
            now = next.at
            switch next.kind {
            case .tick:
                send(.tick)
                let later = Appointment(at: now + .seconds(1), worker: -1, kind: .tick)
                agenda.insert(later)
            case .heartbeat: heartbeat(next.worker)
            case .finish: finish(next.worker)
            }
        }
        outcome.makespan = now.since(.zero)
        let capacity = Double(outcome.makespan.wholeNanoseconds) * Double(workers.count)
        outcome.utilisation = capacity > 0 ? Double(worked.wholeNanoseconds) / capacity : 0
        let speed = workers.reduce(0.0) { $0 + 1 / Double($1.slowness) }
        let least = max(Double(needed.wholeNanoseconds) / speed, wholeWindows)
        outcome.stretch = least > 0 ? Double(outcome.makespan.wholeNanoseconds) / least : 0
        return outcome
    }

    /// The least time in which the workers finish all windows, if all are of the mean length.
    private var wholeWindows: Double {
        guard windowCount > 0 else { return 0 }
        var turns = 0
        while workers.reduce(0, { $0 + turns / $1.slowness }) < windowCount { turns += 1 }
        let mean = Double(windowWork.wholeNanoseconds) / Double(windowCount)
        return Double(turns) * mean
    }

    private mutating func heartbeat(_ index: Int) {
        let worker = workers[index]
        let progress = worker.queue.enumerated().map { place, lease in
            let total = Self.stepsPerUnit
            guard place == 0, let end = worker.endsAt else {
                return LeaseProgress(lease, phase: .waiting, done: 0, total: total)
            }
            let whole = max((duration(of: lease) * worker.slowness).wholeNanoseconds, 1)
            let left = max(end.since(now).wholeNanoseconds, 0)
            let done = Int(Int64(total) * (whole - left) / whole)
            return LeaseProgress(lease, phase: .running, done: done, total: total)
        }
        send(.heartbeat(worker.id, progress))
        let next = Appointment(at: now + .seconds(2), worker: index, kind: .heartbeat)
        agenda.insert(next)
    }

    private mutating func finish(_ index: Int) {
        guard let lease = workers[index].queue.first, workers[index].endsAt == now else { return }
        workers[index].queue.removeFirst()
        workers[index].endsAt = nil
        begin(index)
        let summary = ResultSummary(checksum: [], byteCount: 0, least: 0, largest: 1)
        send(.resultStored(workers[index].id, lease, summary))
    }

    private mutating func begin(_ index: Int) {
        guard workers[index].endsAt == nil, let lease = workers[index].queue.first else { return }
        let time = duration(of: lease) * workers[index].slowness
        worked += time
        workers[index].endsAt = now + time
        agenda.insert(Appointment(at: now + time, worker: index, kind: .finish))
    }

    /// The step time, more or less by what the unit's name says.
    private func duration(of lease: Lease) -> Duration {
        var mixed = UInt64(lease.unit.shot) &* 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ UInt64(lease.unit.unit.index)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ UInt64(lease.unit.unit.round) ^ mixed >> 29) &* 0x94D0_49BB_1331_11EB
        let share = Int64((mixed >> 40) % 1000)
        let nanoseconds = stepTime.wholeNanoseconds
        let time = nanoseconds * 3 / 4 + nanoseconds * share / 2000
        guard lease.unit.unit.kind != .sample else { return .nanoseconds(time) }
        return .nanoseconds(Int64(Double(time) * chunkShare))
    }

    private mutating func send(_ event: FarmEvent) {
        outcome.events += 1
        carryOut(farm.handle(event, at: now))
    }

    private mutating func carryOut(_ effects: [FarmEffect]) {
        var offers: [(WorkerID, Lease)] = []
        for effect in effects {
            switch effect {
            case .record: outcome.entries += 1
            case .offer(let worker, let lease, _): offers.append((worker, lease))
            case .acknowledge(_, let lease, .accepted):
                outcome.units += 1
                needed += duration(of: lease)
                guard lease.unit.unit.kind == .sample else { continue }
                windowCount += 1
                windowWork += duration(of: lease)
            case .assemble: isDone = true
            case .withdraw(let worker, let lease): drop(lease, of: place(of: worker))
            default: break
            }
        }
        for (worker, lease) in offers {
            let index = place(of: worker)
            outcome.decisions += 1
            workers[index].queue.append(lease)
            begin(index)
            send(.accepted(worker, lease))
        }
    }

    private mutating func drop(_ lease: Lease, of index: Int) {
        if workers[index].queue.first == lease { workers[index].endsAt = nil }
        workers[index].queue.removeAll { $0 == lease }
        begin(index)
    }

    private func place(of worker: WorkerID) -> Int {
        guard let place = Int(worker.name.dropFirst("worker-".count)) else {
            preconditionFailure("\(worker) is none of ours")
        }
        return place
    }

    /// Windows of 16 frames that share 8.
    private static func outline(windows: Int, rounds: Int) -> WorkOutline {
        WorkOutline(
            frameCount: 8 * windows + 8,
            windows: (0..<windows).map { 8 * $0..<8 * $0 + 16 },
            rounds: (0..<rounds).map { $0..<$0 + 1 },
            chunkFrames: 8
        )
    }

    private struct Worker {
        let id: WorkerID
        /// Times as long as others.
        let slowness: Int
        /// What it holds; it runs the first.
        var queue: [Lease] = []
        var endsAt: Instant?
    }

    private struct Appointment: Comparable {
        enum Kind: Int {
            case finish
            case heartbeat
            case tick
        }

        let at: Instant
        let worker: Int
        let kind: Kind

        static func < (left: Appointment, right: Appointment) -> Bool {
            left.at != right.at
                ? left.at < right.at
                : (left.worker, left.kind.rawValue) < (right.worker, right.kind.rawValue)
        }
    }
}
