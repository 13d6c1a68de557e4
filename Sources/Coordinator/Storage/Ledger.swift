import Foundation
import GRDB
import Glibc
package import Scheduling
package import WireProtocol

/// What happened, in SQLite: events in their order, and beside them in the same transaction what
/// people ask for.
///
/// A commit has returned only when the disk has it. The order of commits is the order of calls; one
/// thread at a time.
package final class Ledger {
    private let path: String
    private let queue: DatabaseQueue
    private let wallSeconds: () -> Int64
    private var isBroken = false

    /// Opens a ledger, making it if it is missing, and looks whether it is whole.
    ///
    /// - Parameters:
    ///   - path: Of the file; its folder is there.
    ///   - wallSeconds: Seconds since 1970.
    /// - Throws: `LedgerError` if it is damaged, another's, or of a later version.
    package init(
        _ path: String,
        wallSeconds: @escaping () -> Int64 = { Int64(time(nil)) }
    ) throws(LedgerError) {
        self.path = path
        self.wallSeconds = wallSeconds
        do {
            var configuration = Configuration()
            configuration.journalMode = .wal
            // Somebody else's write transaction; readers never make us wait.
            configuration.busyMode = .timeout(10)
            queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.inDatabase { database in
                // The library's own choice for WAL would lose the last commits with the power.
                try database.execute(sql: "PRAGMA synchronous = FULL")
                // A reader that stays must not make the log grow for ever once it is gone.
                try database.execute(sql: "PRAGMA journal_size_limit = \(64 << 20)")
                let verdict = try String.fetchOne(database, sql: "PRAGMA quick_check(1)") ?? ""
                guard verdict == "ok" else { throw LedgerError(.damaged(verdict), path) }
                try LedgerSchema.migrate(database, path: path)
            }
        } catch {
            throw LedgerError(opening: error, path)
        }
    }

    /// Makes entries and details durable in one transaction.
    ///
    /// - Parameters:
    ///   - entries: In the order in which they happened.
    ///   - details: What belongs to them; each `submitted` has its specification here.
    /// - Throws: `LedgerError`; the process must end then, and every later call throws too.
    package func append(
        _ entries: [LedgerEntry],
        _ details: LedgerDetails = LedgerDetails()
    ) throws(LedgerError) {
        guard !isBroken else { throw LedgerError(.commitFailed("an earlier commit failed"), path) }
        guard !entries.isEmpty || !details.isEmpty else { return }
        let time = wallSeconds()
        do {
            try queue.write { database in
                for entry in entries {
                    try LedgerRow(entry, at: time).insert(database)
                    try database.update(entry, details, at: time)
                }
                try database.insert(details)
            }
        } catch {
            isBroken = true
            throw LedgerError(.commitFailed("\(error)"), path)
        }
    }

    /// All entries in order, but those of jobs that were discarded.
    ///
    /// Of the job with the highest number its submission stays even then, followed by its discard:
    /// numbers of jobs are never used again.
    ///
    /// - Returns: Equal to what was appended.
    /// - Throws: `LedgerError` if an entry cannot be read.
    package func entries() throws(LedgerError) -> [LedgerEntry] {
        try read { database in
            var entries: [LedgerEntry] = []
            let rows = try LedgerRow.all(database)
            while let next = try rows.next() {
                let row = LedgerRow(next)
                guard let entry = row.entry else {
                    let reason = "event \(row.sequence ?? 0) is no \"\(row.kind)\""
                    throw LedgerError(.damaged(reason), self.path)
                }
                entries.append(entry)
            }
            return entries
        }
    }

    /// The name of the farm, drawn when the ledger was made.
    ///
    /// - Throws: `LedgerError` if it is not there.
    package func farmID() throws(LedgerError) -> FarmID {
        try read { database in
            let bytes = try Data.fetchOne(database, sql: "SELECT id FROM farm") ?? Data()
            do {
                return try FarmID([UInt8](bytes))
            } catch {
                throw LedgerError(.damaged("the farm's name: \(error)"), self.path)
            }
        }
    }

    /// All jobs that were not discarded.
    ///
    /// - Returns: What the ledger has of each.
    /// - Throws: `LedgerError` if one cannot be read.
    package func jobs() throws(LedgerError) -> [JobID: LedgerJob] {
        try read { database in
            var jobs: [JobID: LedgerJob] = [:]
            let sql = "SELECT id, specification, submitted_at, ended_at FROM job"
            for row in try Row.fetchAll(database, sql: sql) {
                let id: Int64 = row["id"]
                jobs[JobID(UInt64(bitPattern: id))] = try database.job(id, row, self.path)
            }
            return jobs
        }
    }

    /// Whether it has the overlap of two windows.
    ///
    /// - Parameters:
    ///   - unit: A window in a round.
    ///   - other: Index of the other window.
    /// - Returns: True once their comparison is committed.
    /// - Throws: `LedgerError` if it cannot be read.
    package func isMeasured(_ unit: UnitKey, _ other: Int) throws(LedgerError) -> Bool {
        try read { try $0.isMeasured(unit, other) }
    }

    /// Where results of a job were made, by shot, name of the kind, index and round.
    ///
    /// - Parameters:
    ///   - job: Whose units.
    ///   - after: Only units after this one; nil from the first.
    ///   - limit: As many as that.
    /// - Returns: Units whose results hold.
    /// - Throws: `LedgerError` if they cannot be read.
    package func origins(
        of job: JobID,
        after: UnitKey? = nil,
        limit: Int
    ) throws(LedgerError) -> [UnitOrigin] {
        try read { try $0.origins(of: job, after: after, limit: limit, self.path) }
    }

    private func read<Value>(_ value: (Database) throws -> Value) throws(LedgerError) -> Value {
        do {
            return try queue.read(value)
        } catch let error as LedgerError {
            throw error
        } catch {
            throw LedgerError(.damaged("\(error)"), path)
        }
    }
}

extension LedgerError {
    /// What opening a file came to.
    fileprivate init(opening error: any Error, _ path: String) {
        guard let database = error as? DatabaseError else {
            self = error as? LedgerError ?? LedgerError(.unreadable("\(error)"), path)
            return
        }
        let reason = database.message ?? "error \(database.resultCode.rawValue)"
        switch database.resultCode {
        case .SQLITE_NOTADB: self.init(.foreign, path)
        case .SQLITE_CORRUPT: self.init(.damaged(reason), path)
        default: self.init(.unreadable(reason), path)
        }
    }
}
