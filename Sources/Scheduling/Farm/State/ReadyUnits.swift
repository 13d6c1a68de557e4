/// A unit's place in the order of a job: by stretch of shots, in it by round, then by shot.
struct ReadyKey: Hashable, Comparable, Sendable {
    /// Stretch of shots; each is done before the next begins, if there is enough to do in it.
    let stretch: Int
    /// Content, depth, rounds of sampling from `firstRound`, and decoding last.
    let rank: Int
    let shot: Int
    let index: Int

    static let depth = 1
    static let firstRound = 2
    private static let decode = Int.max

    init(stretch: Int, rank: Int, shot: Int, index: Int) {
        self.stretch = stretch
        self.rank = rank
        self.shot = shot
        self.index = index
    }

    init(_ unit: UnitKey, stretch: Int) {
        self.stretch = stretch
        shot = unit.shot
        index = unit.unit.index
        rank =
            switch unit.unit.kind {
            case .content: 0
            case .depth: Self.depth
            case .sample: Self.firstRound + unit.unit.round
            case .decode: Self.decode
            }
    }

    var unit: UnitID {
        switch rank {
        case 0: UnitID(.content)
        case Self.depth: UnitID(.depth, index: index)
        case Self.decode: UnitID(.decode, index: index)
        default: UnitID(.sample, index: index, round: rank - Self.firstRound)
        }
    }

    func unit(of job: JobID) -> UnitKey { UnitKey(job: job, shot: shot, unit: unit) }

    /// Whether it is of a lower round, or an earlier stretch, than what was found so far.
    func isBefore(_ other: ReadyKey?) -> Bool {
        other.map { (stretch, rank) < ($0.stretch, $0.rank) } ?? true
    }

    static func < (left: ReadyKey, right: ReadyKey) -> Bool {
        (left.stretch, left.rank, left.shot, left.index)
            < (right.stretch, right.rank, right.shot, right.index)
    }
}

/// The units of a job that can be started, by who may start them.
///
/// Fresh units, which nobody had yet, are whole ranges and cost nothing. Free units are for whoever
/// comes. The others wait in the backlog of the worker that had their window before.
struct ReadyUnits: Sendable {
    private var pools = OrderedSet<Pool>()
    private var fresh: [Pool: IndexRuns] = [:]
    private var free = OrderedSet<ReadyKey>()
    private var backlogs: [Int: OrderedSet<ReadyKey>] = [:]
    /// In whose backlog a unit is.
    private var owners: [ReadyKey: Int] = [:]
    /// By length, the longest last.
    private var lengths = OrderedSet<Backlog>()
    private(set) var count = 0
    private var freshCount = 0

    /// A backlog longer than this is more than its owner can start soon.
    private static let backlogMax = 1

    var isEmpty: Bool { count == 0 }

    /// Whether there are units that any worker may start.
    var isOpenToAll: Bool {
        freshCount > 0 || !free.isEmpty || (lengths.last?.length ?? 0) > Self.backlogMax
    }

    /// The worker with the longest backlog, and how long that is.
    var longestBacklog: (worker: Int, length: Int)? {
        lengths.last.map { ($0.worker, $0.length) }
    }

    func backlog(of worker: Int) -> Int { backlogs[worker]?.count ?? 0 }

    func contains(_ key: ReadyKey) -> Bool {
        owners[key] != nil || free.contains(key) || fresh[Pool(key)]?.contains(key.index) == true
    }

    /// All units of a shot's depth or first round, which nobody had yet.
    mutating func addFresh(stretch: Int, rank: Int, shot: Int, count: Int) {
        let pool = Pool(stretch: stretch, rank: rank, shot: shot)
        precondition(fresh[pool] == nil, "the fresh units of shot \(shot) are there already")
        fresh[pool] = IndexRuns(count: count)
        pools.insert(pool)
        self.count += count
        freshCount += count
    }

    /// A unit that became ready.
    ///
    /// - Parameters:
    ///   - key: Not ready yet.
    ///   - owner: The worker in whose backlog it waits; nil for whoever comes.
    mutating func insert(_ key: ReadyKey, owner: Int?) {
        count += 1
        guard let owner else {
            free.insert(key)
            return
        }
        owners[key] = owner
        changeBacklog(of: owner) { $0.insert(key) }
    }

    /// Takes a ready unit out, wherever it is.
    mutating func remove(_ key: ReadyKey) {
        count -= 1
        if let owner = owners.removeValue(forKey: key) {
            changeBacklog(of: owner) { $0.remove(key) }
            return
        }
        if free.remove(key) { return }
        let pool = Pool(key)
        guard fresh[pool]?.contains(key.index) == true else {
            preconditionFailure("\(key.unit) of shot \(key.shot) is not ready")
        }
        fresh[pool]?.remove(key.index)
        freshCount -= 1
        if fresh[pool]?.isEmpty == true {
            fresh[pool] = nil
            pools.remove(pool)
        }
    }

    /// Gives a worker's backlog to whoever comes.
    ///
    /// - Parameter worker: Its index.
    /// - Returns: Whether there was any.
    mutating func release(_ worker: Int) -> Bool {
        guard let backlog = backlogs.removeValue(forKey: worker) else { return false }
        lengths.remove(Backlog(length: backlog.count, worker: worker))
        for key in backlog {
            owners[key] = nil
            free.insert(key)
        }
        return true
    }

    /// Ready units at the front of each place, as keys; all that a worker may choose from.
    func firstOwn(_ worker: Int, where isFit: (ReadyKey) -> Bool) -> ReadyKey? {
        backlogs[worker].flatMap { first(of: $0, where: isFit) }
    }

    /// The first unit without an owner that `isFit` takes.
    func firstFree(where isFit: (ReadyKey) -> Bool) -> ReadyKey? {
        first(of: free, where: isFit)
    }

    /// A unit that nobody had, beside the window `last` of the worker if there is one.
    func firstFresh(after last: ReadyKey?) -> ReadyKey? {
        guard let pool = pools.first, let runs = fresh[pool], let first = runs.first else {
            return nil
        }
        guard pool.rank == ReadyKey.firstRound else { return pool.key(first) }
        if let last, last.shot == pool.shot, last.rank >= ReadyKey.firstRound {
            for index in [last.index + 1, last.index - 1] where runs.contains(index) {
                return pool.key(index)
            }
        }
        return pool.key(runs.spread ?? first)
    }

    /// The last of the lowest round in a worker's backlog: what it would come to latest.
    func lastOwn(_ worker: Int, where isFit: (ReadyKey) -> Bool) -> ReadyKey? {
        guard let backlog = backlogs[worker], let first = backlog.first else { return nil }
        let end = ReadyKey(
            stretch: first.stretch,
            rank: first.rank,
            shot: Int.max,
            index: Int.max
        )
        var key = backlog.before(end)
        while let found = key, !isFit(found) { key = backlog.before(found) }
        return key
    }

    private func first(
        of set: OrderedSet<ReadyKey>,
        where isFit: (ReadyKey) -> Bool
    ) -> ReadyKey? {
        var key = set.first
        while let found = key, !isFit(found) { key = set.after(found) }
        return key
    }

    private mutating func changeBacklog(
        of worker: Int,
        _ change: (inout OrderedSet<ReadyKey>) -> Void
    ) {
        var backlog = backlogs.removeValue(forKey: worker) ?? OrderedSet()
        if !backlog.isEmpty { lengths.remove(Backlog(length: backlog.count, worker: worker)) }
        change(&backlog)
        guard !backlog.isEmpty else { return }
        lengths.insert(Backlog(length: backlog.count, worker: worker))
        backlogs[worker] = backlog
    }

    private struct Pool: Hashable, Comparable {
        let stretch: Int
        let rank: Int
        let shot: Int

        init(stretch: Int, rank: Int, shot: Int) {
            self.stretch = stretch
            self.rank = rank
            self.shot = shot
        }

        init(_ key: ReadyKey) {
            self.init(stretch: key.stretch, rank: key.rank, shot: key.shot)
        }

        func key(_ index: Int) -> ReadyKey {
            ReadyKey(stretch: stretch, rank: rank, shot: shot, index: index)
        }

        static func < (left: Pool, right: Pool) -> Bool {
            (left.stretch, left.rank, left.shot) < (right.stretch, right.rank, right.shot)
        }
    }

    private struct Backlog: Comparable {
        let length: Int
        let worker: Int

        static func < (left: Backlog, right: Backlog) -> Bool {
            (left.length, right.worker) < (right.length, left.worker)
        }
    }
}
