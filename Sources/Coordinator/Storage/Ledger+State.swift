import FFmpeg
import Foundation
import GRDB
import Scheduling
import WireProtocol

// The state beside the events.

extension Database {
    /// Lines of a job's history that are kept.
    private static let linesMax = 1000

    /// Changes the state by an entry that was just inserted.
    func update(_ entry: LedgerEntry, _ details: LedgerDetails, at time: Int64) throws {
        switch entry {
        case .submitted(let job, let request):
            guard let submission = details.submissions[job] else {
                preconditionFailure("\(job) is submitted without its specification")
            }
            try insert(job, request, submission)
        case .planned(let job, let shots, _):
            guard try isKnown(job) else { return }
            for shot in shots { try insert(shot, of: job) }
        case .jobChanged(let job, let state, let reason):
            let ended = state.isFinal ? time : nil
            try execute(
                sql: "UPDATE job SET state = ?, reason = ?, ended_at = ? WHERE id = ?",
                arguments: [state.rawValue, reason, ended, job.stored]
            )
        case .priorityChanged(let job, let priority):
            try execute(
                sql: "UPDATE job SET priority = ? WHERE id = ?",
                arguments: [priority, job.stored]
            )
        case .discarded(let job): try discard(job)
        case .lost(let unit): try forgetOrigin(of: unit)
        case .started, .granted, .ended, .finished, .held, .reopened, .workerChanged: break
        }
    }

    private func insert(
        _ job: JobID,
        _ request: JobRequest,
        _ submission: LedgerDetails.Submission
    ) throws {
        let specification = submission.specification
        try execute(
            sql: """
                INSERT INTO job (
                    id, idempotency_key, name, state, priority, submitted_at, input, output,
                    specification
                ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                job.stored, request.idempotencyKey, request.name,
                (request.isPaused ? JobState.paused : .running).rawValue, request.priority,
                submission.time, specification.input, specification.output,
                Data(specification.encoded()),
            ]
        )
        try forgetDiscarded()
    }

    /// Planning that starts over finds the same shots again.
    private func insert(_ shot: ShotOutline, of job: JobID) throws {
        try execute(
            sql: "INSERT OR REPLACE INTO shot VALUES (?, ?, ?, ?, ?, ?)",
            arguments: [
                job.stored, shot.index, shot.firstFrame, shot.work.frameCount,
                shot.work.windows.count, shot.work.rounds.count,
            ]
        )
    }

    /// Forgets a job, but for the highest number that was ever used.
    private func discard(_ job: JobID) throws {
        try execute(sql: "DELETE FROM job WHERE id = ?", arguments: [job.stored])
        try execute(
            sql: "DELETE FROM event WHERE job = ? AND kind NOT IN ('submitted', 'discarded')",
            arguments: [job.stored]
        )
        try forgetDiscarded()
    }

    /// Drops the two events that are left of each discarded job if a later one is known.
    private func forgetDiscarded() throws {
        try execute(
            sql: """
                DELETE FROM event
                WHERE job IN (SELECT job FROM event WHERE kind = 'discarded')
                    AND job < (SELECT max(job) FROM event WHERE kind = 'submitted')
                """
        )
    }

    func insert(_ details: LedgerDetails) throws {
        for (job, line) in details.lines { try insert(line, of: job) }
        for (job, name) in details.deviceClasses where try isKnown(job) {
            try execute(
                sql: "INSERT OR IGNORE INTO device_class VALUES (?, ?)",
                arguments: [job.stored, name]
            )
        }
        for mismatch in details.mismatches where try isKnown(mismatch.job) {
            try execute(
                sql: "INSERT OR REPLACE INTO mismatch VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                arguments: [
                    mismatch.job.stored, mismatch.shot, mismatch.round, mismatch.left,
                    mismatch.right, mismatch.difference, mismatch.variance, mismatch.ratio,
                ]
            )
        }
        for origin in details.origins where try isKnown(origin.unit.job) {
            try insert(origin)
        }
        for (job, deviation) in details.deviations where try isKnown(job) {
            try execute(
                sql: "INSERT OR REPLACE INTO deviation VALUES (?, ?, ?, ?)",
                arguments: [job.stored, deviation.first, deviation.second, deviation.ratio]
            )
        }
        for part in details.frameTimes where try isKnown(part.job) {
            try execute(
                sql: "INSERT OR REPLACE INTO frame_times VALUES (?, ?, ?, ?)",
                arguments: [
                    part.job.stored, part.firstFrame, part.times.count,
                    StoredTimes.data(part.times),
                ]
            )
        }
    }

    /// Whether the overlap of the unit's window and another in the unit's round was measured.
    func isMeasured(_ unit: UnitKey, _ other: Int) throws -> Bool {
        let (own, round) = (unit.unit.index, unit.unit.round)
        return try Bool.fetchOne(
            self,
            sql: """
                SELECT EXISTS (
                    SELECT 1 FROM mismatch WHERE job = ? AND shot = ? AND round = ?
                        AND left_window = ? AND right_window = ?
                )
                """,
            arguments: [unit.job.stored, unit.shot, round, min(own, other), max(own, other)]
        ) ?? false
    }

    /// What is noted about a job may come after the job was discarded.
    private func isKnown(_ job: JobID) throws -> Bool {
        try Bool.fetchOne(
            self,
            sql: "SELECT EXISTS (SELECT 1 FROM job WHERE id = ?)",
            arguments: [job.stored]
        ) ?? false
    }

    private func insert(_ line: JobEventLine, of job: JobID) throws {
        guard try isKnown(job) else { return }
        let last = try Int64.fetchOne(
            self,
            sql: "SELECT max(number) FROM line WHERE job = ?",
            arguments: [job.stored]
        )
        let number = (last ?? 0) + 1
        try execute(
            sql: "INSERT INTO line VALUES (?, ?, ?, ?)",
            arguments: [job.stored, number, line.time, line.text]
        )
        try execute(
            sql: "DELETE FROM line WHERE job = ? AND number <= ?",
            arguments: [job.stored, number - Int64(Self.linesMax)]
        )
    }
}

// What a start reads of it.
extension Database {
    /// A job of the table.
    func job(_ id: Int64, _ row: Row, _ path: String) throws -> LedgerJob {
        let bytes: Data = row["specification"]
        let specification: JobSpecification
        do {
            specification = try JobSpecification(decoding: [UInt8](bytes))
        } catch {
            throw LedgerError(.damaged("the specification of job \(id): \(error)"), path)
        }
        let classes = try String.fetchAll(
            self,
            sql: "SELECT name FROM device_class WHERE job = ? ORDER BY name",
            arguments: [id]
        )
        return LedgerJob(
            specification: specification,
            submittedAt: row["submitted_at"],
            endedAt: row["ended_at"],
            mismatches: try mismatches(of: id),
            deviceClasses: classes,
            deviations: try deviations(of: id),
            lines: try lines(of: id),
            frameTimes: try frameTimes(of: id, path)
        )
    }

    private func mismatches(of job: Int64) throws -> MismatchSummary {
        var summary = MismatchSummary()
        // Of equal ratios the first place, so that it does not depend on the order of the rows.
        let sql = """
            SELECT round, left_window, ratio, count(*) OVER () AS count,
                avg(ratio) OVER () AS mean
            FROM mismatch WHERE job = ?
            ORDER BY ratio DESC, shot, round, left_window, right_window LIMIT 1
            """
        guard let row = try Row.fetchOne(self, sql: sql, arguments: [job]) else { return summary }
        summary.count = row["count"]
        summary.mean = row["mean"]
        summary.largest = row["ratio"]
        summary.largestRound = row["round"]
        summary.largestWindow = row["left_window"]
        return summary
    }

    private func lines(of job: Int64) throws -> [JobEventLine] {
        let rows = try Row.fetchAll(
            self,
            sql: "SELECT time, text FROM line WHERE job = ? ORDER BY number DESC LIMIT ?",
            arguments: [job, WireLimits.events]
        )
        return rows.reversed().map { JobEventLine(time: $0["time"], text: $0["text"]) }
    }

    private func frameTimes(of job: Int64, _ path: String) throws -> [Rational] {
        var times: [Rational] = []
        let sql = "SELECT first_frame, times FROM frame_times WHERE job = ? ORDER BY first_frame"
        for row in try Row.fetchAll(self, sql: sql, arguments: [job]) {
            let first: Int = row["first_frame"]
            guard first == times.count, let part = StoredTimes.times(row["times"]) else {
                throw LedgerError(.damaged("the frame times of job \(job) from \(first)"), path)
            }
            times += part
        }
        return times
    }
}

/// Times of frames as bytes: numerator and denominator of each, little-endian, 64 bits.
enum StoredTimes {
    static func data(_ times: [Rational]) -> Data {
        var data = Data(capacity: times.count * 16)
        for time in times {
            for part in [time.numerator, time.denominator] {
                for shift in stride(from: 0, to: 64, by: 8) {
                    data.append(UInt8(truncatingIfNeeded: part >> shift))
                }
            }
        }
        return data
    }

    /// The times; nil if the bytes are none.
    static func times(_ data: Data) -> [Rational]? {
        guard data.count.isMultiple(of: 16) else { return nil }
        let bytes = [UInt8](data)
        func part(_ start: Int) -> Int64 {
            var value: UInt64 = 0
            for index in 0..<8 { value |= UInt64(bytes[start + index]) << (8 * index) }
            return Int64(bitPattern: value)
        }
        var times: [Rational] = []
        times.reserveCapacity(bytes.count / 16)
        for start in stride(from: 0, to: bytes.count, by: 16) {
            let denominator = part(start + 8)
            guard denominator > 0 else { return nil }
            times.append(Rational(part(start), denominator))
        }
        return times
    }
}

extension JobID {
    /// As SQLite holds it.
    var stored: Int64 { Int64(bitPattern: number) }
}
