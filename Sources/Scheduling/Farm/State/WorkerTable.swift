/// What the farm knows of a worker.
struct WorkerRecord: Sendable {
    let id: WorkerID
    var name = ""
    var deviceClass = ""
    var credit = 1
    /// It introduced itself and has not left.
    var isConnected = false
    /// It held leases when the coordinator stopped and is expected to introduce itself.
    var isExpected = false
    /// Nothing was heard of it for the time of a lease.
    var isSilent = false
    /// It said that it takes nothing new.
    var isLeaving = false
    var standing = WorkerStanding.trusted
    var heardAt = Instant.zero
    /// Its running leases in the order of their grants.
    var leases: [Lease] = []
    /// Leases that have ended and that it still runs, by its last heartbeat.
    var strayCount = 0
    var unitsDone = 0
    var unitsFailed = 0
    /// Units that it failed one after the other and that nobody else failed.
    var streak: [UnitKey] = []
    /// Jobs of which it gets nothing for a while.
    var exclusions: [Exclusion] = []
    /// How often it was quarantined without a success since, and until when.
    var quarantineCount = 0
    var probationEndsAt = Instant.zero
    /// The single lease by which it comes back from quarantine.
    var canary: Lease?
    /// Jobs in which it has a backlog, ascending.
    var backlogJobs: [JobID] = []
    /// The window it was given last.
    var lastWindow: UnitKey?
    /// Time of a step or frame by kind, for the job it worked on last.
    var paces: [Pace] = []
    var pacedJob: JobID?
    /// How fast it is against others: time per step over theirs.
    var slowness = 1.0
    /// Its place among the workers that can be given a unit.
    fileprivate(set) var place: WorkerPlace?
    fileprivate(set) var wakesAt: Instant?

    init(_ id: WorkerID) {
        self.id = id
    }

    var freeCredit: Int { credit - leases.count - strayCount }
    /// Whether windows may wait for it.
    var isPresent: Bool { isConnected && !isSilent && !isLeaving && standing == .trusted }
}

/// Why a worker gets nothing of a job: it failed what others did not, or lacks something.
struct Exclusion: Sendable {
    let job: JobID
    var until: Instant
    /// The next one's length.
    var next: Duration
}

/// Order in which workers are served: who holds least, then who is fastest.
struct WorkerPlace: Comparable, Sendable {
    let load: Int
    let slowness: Double
    let worker: Int

    static func < (left: WorkerPlace, right: WorkerPlace) -> Bool {
        (left.load, left.slowness, left.worker) < (right.load, right.slowness, right.worker)
    }
}

/// All workers by index, by name, and by who can be given a unit.
struct WorkerTable: Sendable {
    private(set) var records: [WorkerRecord] = []
    private var indices: [WorkerID: Int] = [:]
    private(set) var available = OrderedSet<WorkerPlace>()
    private var wakes = OrderedSet<TimedWorker>()
    /// Those that left and of whom nothing need be remembered, in the order they left.
    private var departed: [Int] = []
    private var vacant: [Int] = []
    /// Workers that left and are still shown.
    private static let departedMax = 1000
    /// Present ones: connected, heard of, trusted.
    private(set) var presentCount = 0

    subscript(index: Int) -> WorkerRecord {
        _read { yield records[index] }
    }

    func index(of id: WorkerID) -> Int? { indices[id] }

    mutating func add(_ id: WorkerID) -> Int {
        if let index = indices[id] { return index }
        if let index = vacant.popLast() {
            records[index] = WorkerRecord(id)
            indices[id] = index
            return index
        }
        records.append(WorkerRecord(id))
        indices[id] = records.count - 1
        return records.count - 1
    }

    mutating func change(_ index: Int, _ change: (inout WorkerRecord) -> Void) {
        if records[index].isPresent { presentCount -= 1 }
        change(&records[index])
        if records[index].isPresent { presentCount += 1 }
    }

    /// Forgets the workers that left first, when many have.
    ///
    /// A place that is free again is another's from then on; what still points to it is no more
    /// than a preference for a window.
    mutating func retire(_ index: Int) {
        departed.removeAll { $0 == index || records[$0].isConnected }
        departed.append(index)
        guard departed.count > Self.departedMax else { return }
        let oldest = departed.removeFirst()
        let record = records[oldest]
        guard record.standing == .trusted, record.leases.isEmpty else { return }
        place(oldest, isAvailable: false)
        if let wakesAt = record.wakesAt {
            wakes.remove(TimedWorker(at: wakesAt, worker: oldest))
            records[oldest].wakesAt = nil
        }
        indices[record.id] = nil
        vacant.append(oldest)
    }

    /// The workers that are known, in no order.
    var known: some Sequence<WorkerRecord> {
        records.indices.lazy.filter { indices[records[$0].id] == $0 }.map { records[$0] }
    }

    /// Puts the worker at its place, or takes it out.
    mutating func place(_ index: Int, isAvailable: Bool) {
        let record = records[index]
        let place =
            isAvailable
            ? WorkerPlace(load: record.leases.count, slowness: record.slowness, worker: index)
            : nil
        guard place != record.place else { return }
        if let old = record.place { available.remove(old) }
        if let place { available.insert(place) }
        records[index].place = place
    }

    mutating func wake(_ index: Int, at instant: Instant) {
        if let wakesAt = records[index].wakesAt {
            guard instant < wakesAt else { return }
            wakes.remove(TimedWorker(at: wakesAt, worker: index))
        }
        records[index].wakesAt = instant
        wakes.insert(TimedWorker(at: instant, worker: index))
    }

    mutating func nextAwake(at now: Instant) -> Int? {
        guard let first = wakes.first, first.at <= now else { return nil }
        wakes.remove(first)
        records[first.worker].wakesAt = nil
        return first.worker
    }

    private struct TimedWorker: Comparable {
        let at: Instant
        let worker: Int

        static func < (left: TimedWorker, right: TimedWorker) -> Bool {
            left.at != right.at ? left.at < right.at : left.worker < right.worker
        }
    }
}
