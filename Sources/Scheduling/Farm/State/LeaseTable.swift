/// A lease that runs.
struct LeaseRecord: Sendable {
    let lease: Lease
    /// The worker's index.
    let worker: Int
    /// Whether another attempt of the unit ran before.
    let isCopy: Bool
    var isAccepted = false
    var grantedAt = Instant.zero
    /// Moved by every message about the lease.
    var expiresAt = Instant.zero
    var phase = UnitPhase.waiting
    var done = 0
    var total = 0
    /// When it was last seen to advance.
    var advancedAt = Instant.zero
    /// Time of a step or frame.
    var pace = Pace()
    /// When the table looks at it next, not later than it is due.
    fileprivate(set) var wakesAt: Instant?
    /// When it is expected to end, if that can be told and a copy would help.
    fileprivate(set) var endsAt: Instant?

    init(_ lease: Lease, worker: Int, isCopy: Bool) {
        self.lease = lease
        self.worker = worker
        self.isCopy = isCopy
    }
}

/// All leases that run, found by epoch, by the time they are due and by their expected end.
struct LeaseTable: Sendable {
    private var records: [Epoch: LeaseRecord] = [:]
    private var wakes = OrderedSet<TimedLease>()
    private var endings = OrderedSet<TimedLease>()
    /// Copies among them.
    private(set) var copyCount = 0

    var count: Int { records.count }
    /// The lease that is expected to end last.
    var latestEnding: Lease? { endings.last.flatMap { records[$0.epoch]?.lease } }

    /// The record of a lease that runs, of this very unit.
    subscript(lease: Lease) -> LeaseRecord? {
        guard let record = records[lease.epoch], record.lease == lease else { return nil }
        return record
    }

    subscript(epoch: Epoch) -> LeaseRecord? { records[epoch] }

    var epochs: [Epoch] { records.keys.sorted() }

    mutating func add(_ record: LeaseRecord) {
        precondition(records[record.lease.epoch] == nil, "\(record.lease) runs already")
        records[record.lease.epoch] = record
        if record.isCopy { copyCount += 1 }
    }

    mutating func remove(_ epoch: Epoch) -> LeaseRecord? {
        guard let record = records.removeValue(forKey: epoch) else { return nil }
        if let wakesAt = record.wakesAt { wakes.remove(TimedLease(at: wakesAt, epoch: epoch)) }
        if let endsAt = record.endsAt { endings.remove(TimedLease(at: endsAt, epoch: epoch)) }
        if record.isCopy { copyCount -= 1 }
        return record
    }

    mutating func change(_ epoch: Epoch, _ change: (inout LeaseRecord) -> Void) {
        guard var record = records[epoch] else { return }
        change(&record)
        records[epoch] = record
    }

    /// Looks at the lease at this time; later than asked for if it is looked at before anyway.
    mutating func wake(_ epoch: Epoch, at instant: Instant) {
        guard let before = records[epoch] else { return }
        if let wakesAt = before.wakesAt {
            guard instant < wakesAt else { return }
            wakes.remove(TimedLease(at: wakesAt, epoch: epoch))
        }
        records[epoch]?.wakesAt = instant
        wakes.insert(TimedLease(at: instant, epoch: epoch))
    }

    mutating func setEnding(_ epoch: Epoch, at instant: Instant?) {
        guard let before = records[epoch], before.endsAt != instant else { return }
        if let endsAt = before.endsAt { endings.remove(TimedLease(at: endsAt, epoch: epoch)) }
        records[epoch]?.endsAt = instant
        if let instant { endings.insert(TimedLease(at: instant, epoch: epoch)) }
    }

    /// The next lease to look at, if that is not after `now`.
    mutating func nextAwake(at now: Instant) -> LeaseRecord? {
        guard let first = wakes.first, first.at <= now else { return nil }
        wakes.remove(first)
        records[first.epoch]?.wakesAt = nil
        return records[first.epoch]
    }

    private struct TimedLease: Comparable {
        let at: Instant
        let epoch: Epoch

        static func < (left: TimedLease, right: TimedLease) -> Bool {
            left.at != right.at ? left.at < right.at : left.epoch < right.epoch
        }
    }
}
