import Foundation
import GRDB
import Scheduling

/// An entry as a row of the table `event`, and back.
struct LedgerRow: Hashable {
    var sequence: Int64?
    /// Seconds since 1970.
    var time: Int64
    var kind: String
    var job: Int64?
    var shot: Int?
    var unit: String?
    var unitIndex: Int?
    var round: Int?
    var worker: String?
    var instance: Int64?
    var number: Int64?
    var outcome: String?
    var reason: String?
    var checksum: Data?
    var bytes: Int?
    var least: Double?
    var largest: Double?
    /// JSON of what has no column.
    var data: String?

    init(_ entry: LedgerEntry, at time: Int64) {
        self.time = time
        kind = ""
        switch entry {
        case .started(let instance):
            kind = "started"
            self.instance = Int64(bitPattern: instance)
        case .submitted(let job, let request):
            (kind, self.job) = ("submitted", Int64(bitPattern: job.number))
            data = StoredRequest(request).json
        case .planned(let job, let shots, let isLast):
            (kind, self.job) = ("planned", Int64(bitPattern: job.number))
            data = StoredShots(shots, isLast: isLast).json
        case .granted(let worker, let lease):
            kind = "granted"
            set(worker, lease)
        case .ended(let worker, let lease, let end, let reason):
            kind = "ended"
            set(worker, lease)
            (outcome, self.reason) = (end.rawValue, reason)
        case .finished(let worker, let lease, let summary):
            kind = "finished"
            set(worker, lease)
            checksum = Data(summary.checksum)
            bytes = summary.byteCount
            (least, largest) = (Double(summary.least), Double(summary.largest))
        case .held(let unit, let reason):
            kind = "held"
            set(unit)
            self.reason = reason
        case .reopened(let job):
            (kind, self.job) = ("reopened", Int64(bitPattern: job.number))
        case .lost(let unit):
            kind = "lost"
            set(unit)
        case .jobChanged(let job, let state, let reason):
            (kind, self.job) = ("jobChanged", Int64(bitPattern: job.number))
            (outcome, self.reason) = (state.rawValue, reason)
        case .priorityChanged(let job, let priority):
            (kind, self.job) = ("priorityChanged", Int64(bitPattern: job.number))
            data = "\(priority)"
        case .workerChanged(let worker, let standing):
            (kind, self.worker, outcome) = ("workerChanged", worker.name, standing.rawValue)
        case .discarded(let job):
            (kind, self.job) = ("discarded", Int64(bitPattern: job.number))
        }
    }

    private mutating func set(_ unit: UnitKey) {
        job = Int64(bitPattern: unit.job.number)
        shot = unit.shot
        self.unit = unit.unit.kind.rawValue
        unitIndex = unit.unit.index
        round = unit.unit.round
    }

    private mutating func set(_ worker: WorkerID, _ lease: Lease) {
        set(lease.unit)
        self.worker = worker.name
        instance = Int64(bitPattern: lease.epoch.instance)
        number = Int64(bitPattern: lease.epoch.number)
    }
}

// By position and not by name: a start reads a million of them.
extension LedgerRow {
    private static let columns = """
        sequence, time, kind, job, shot, unit, unit_index, round, worker, instance, number, outcome,
        reason, checksum, bytes, least, largest, data
        """

    /// All rows in order.
    static func all(_ database: Database) throws -> RowCursor {
        try Row.fetchCursor(database, sql: "SELECT \(columns) FROM event ORDER BY sequence")
    }

    /// A row of `all`.
    init(_ row: Row) {
        sequence = row[0]
        time = row[1]
        kind = row[2]
        job = row[3]
        shot = row[4]
        unit = row[5]
        unitIndex = row[6]
        round = row[7]
        worker = row[8]
        instance = row[9]
        number = row[10]
        outcome = row[11]
        reason = row[12]
        checksum = row[13]
        bytes = row[14]
        least = row[15]
        largest = row[16]
        data = row[17]
    }

    /// Adds the row at the end of the table.
    func insert(_ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO event (\(Self.columns))
                VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        )
        try statement.execute(arguments: [
            time, kind, job, shot, unit, unitIndex, round, worker, instance, number, outcome,
            reason, checksum, bytes, least, largest, data,
        ])
    }
}

extension LedgerRow {
    /// What the row says; nil if it says nothing that an entry can.
    var entry: LedgerEntry? {
        switch kind {
        case "started": instance.map { .started(instance: UInt64(bitPattern: $0)) }
        case "submitted", "planned", "reopened", "jobChanged", "priorityChanged", "discarded":
            jobEntry
        case "granted", "ended", "finished": attemptEntry
        case "held", "lost": unitEntry
        case "workerChanged":
            if let worker, let standing = outcome.flatMap(WorkerStanding.init) {
                .workerChanged(WorkerID(worker), standing)
            } else {
                nil
            }
        default: nil
        }
    }

    private var jobEntry: LedgerEntry? {
        guard let id = job.map({ JobID(UInt64(bitPattern: $0)) }) else { return nil }
        switch kind {
        case "submitted":
            guard let data, let request = StoredRequest(json: data)?.request else { return nil }
            return .submitted(id, request)
        case "planned":
            guard let data, let stored = StoredShots(json: data), let shots = stored.outlines else {
                return nil
            }
            return .planned(id, shots, isLast: stored.isLast)
        case "reopened": return .reopened(id)
        case "jobChanged":
            guard let state = outcome.flatMap(JobState.init) else { return nil }
            return .jobChanged(id, state, reason: reason)
        case "priorityChanged":
            return data.flatMap { Int($0) }.map { .priorityChanged(id, $0) }
        default: return .discarded(id)
        }
    }

    private var attemptEntry: LedgerEntry? {
        guard let key, let worker = worker.map({ WorkerID($0) }), let instance, let number else {
            return nil
        }
        let epoch = Epoch(
            instance: UInt64(bitPattern: instance),
            number: UInt64(bitPattern: number)
        )
        let lease = Lease(key, epoch)
        switch kind {
        case "granted": return .granted(worker, lease)
        case "ended":
            guard let end = outcome.flatMap(AttemptEnd.init), let reason else { return nil }
            return .ended(worker, lease, end, reason: reason)
        default:
            guard let checksum, let bytes, let least, let largest else { return nil }
            let summary = ResultSummary(
                checksum: [UInt8](checksum),
                byteCount: bytes,
                least: Float(least),
                largest: Float(largest)
            )
            return .finished(worker, lease, summary)
        }
    }

    private var unitEntry: LedgerEntry? {
        guard let key else { return nil }
        if kind == "lost" { return .lost(key) }
        return reason.map { .held(key, reason: $0) }
    }

    /// The unit; nil for values of which none can be made.
    private var key: UnitKey? {
        guard let job, let shot, let kind = unit.flatMap(UnitKind.init), let unitIndex, let round,
            shot >= 0, unitIndex >= 0, round >= 0, kind == .sample || round == 0,
            kind != .content || shot == 0
        else { return nil }
        return UnitKey(
            job: JobID(UInt64(bitPattern: job)),
            shot: shot,
            unit: UnitID(kind, index: unitIndex, round: round)
        )
    }
}
