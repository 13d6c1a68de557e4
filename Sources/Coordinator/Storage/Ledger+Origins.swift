import GRDB
import Scheduling
import WireProtocol

// Where results were made, and how far the classes of devices are apart.

extension Database {
    func insert(_ origin: UnitOrigin) throws {
        let key = origin.unit
        try execute(
            sql: "INSERT OR REPLACE INTO origin VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                key.job.stored, key.shot, key.unit.kind.rawValue, key.unit.index, key.unit.round,
                origin.worker.name, origin.name, origin.deviceClass,
            ]
        )
    }

    /// A result that is lost was made nowhere, until it is made again.
    func forgetOrigin(of key: UnitKey) throws {
        try execute(
            sql: """
                DELETE FROM origin
                WHERE job = ? AND shot = ? AND unit = ? AND unit_index = ? AND round = ?
                """,
            arguments: [
                key.job.stored, key.shot, key.unit.kind.rawValue, key.unit.index, key.unit.round,
            ]
        )
    }

    /// Origins of a job in the order of the table's key: shot, name of the kind, index, round.
    func origins(
        of job: JobID,
        after: UnitKey?,
        limit: Int,
        _ path: String
    ) throws -> [UnitOrigin] {
        let (shot, unit) = (after?.shot ?? -1, after?.unit.kind.rawValue ?? "")
        let (index, round) = (after?.unit.index ?? 0, after?.unit.round ?? 0)
        let rows = try Row.fetchAll(
            self,
            sql: """
                SELECT shot, unit, unit_index, round, worker, name, device_class FROM origin
                WHERE job = ? AND (shot, unit, unit_index, round) > (?, ?, ?, ?)
                ORDER BY shot, unit, unit_index, round LIMIT ?
                """,
            arguments: [job.stored, shot, unit, index, round, limit]
        )
        return try rows.map { row in
            let (shot, index, round): (Int, Int, Int) = (row[0], row[2], row[3])
            let (name, worker): (String, String) = (row[1], row[4])
            guard let kind = UnitKind(rawValue: name), shot >= 0, index >= 0, round >= 0,
                shot == 0 || kind != .content, round == 0 || kind == .sample
            else { throw LedgerError(.damaged("where a unit of \(job) was made"), path) }
            return UnitOrigin(
                UnitKey(job: job, shot: shot, unit: UnitID(kind, index: index, round: round)),
                WorkerID(worker),
                name: row[5],
                deviceClass: row[6]
            )
        }
    }

    func deviations(of job: Int64) throws -> [DeviceDeviation] {
        let sql = """
            SELECT first_class, second_class, ratio FROM deviation WHERE job = ?
            ORDER BY first_class, second_class
            """
        return try Row.fetchAll(self, sql: sql, arguments: [job]).map {
            DeviceDeviation($0[0], $0[1], ratio: $0[2])
        }
    }
}
