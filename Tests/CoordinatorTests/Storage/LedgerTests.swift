import Coordinator
import FFmpeg
import Foundation
import GRDB
import Scheduling
import TestSupport
import Testing
import WireProtocol

struct LedgerTests {
    private let folder: TemporaryFolder
    private var path: String { folder("ledger.sqlite") }

    init() throws {
        folder = try TemporaryFolder()
    }

    /// What a ledger is to give back: all but the entries of discarded jobs, and of the last job
    /// its submission and its discard.
    private static func expected(_ entries: [LedgerEntry]) -> [LedgerEntry] {
        var discarded: Set<JobID> = []
        var last = JobID(0)
        for entry in entries {
            if case .discarded(let job) = entry { discarded.insert(job) }
            if case .submitted(let job, _) = entry { last = max(last, job) }
        }
        return entries.filter { entry in
            guard let job = entry.job, discarded.contains(job) else { return true }
            guard job == last else { return false }
            switch entry {
            case .submitted, .discarded: return true
            default: return false
            }
        }
    }

    @Test(arguments: UInt64(0)..<12)
    func `entries come back equal and in order, now and from the disk`(seed: UInt64) throws {
        var generator = EntryGenerator(seed: seed)
        var all: [LedgerEntry] = []
        do {
            let ledger = try Ledger(path)
            for _ in 0..<40 {
                let (entries, details) = generator.batch()
                try ledger.append(entries, details)
                all += entries
            }
            #expect(try ledger.entries() == Self.expected(all))
        }
        let ledger = try Ledger(path)
        #expect(try ledger.entries() == Self.expected(all))
        #expect(try Set(ledger.jobs().keys) == Set(generator.openJobs))
        let (entries, details) = generator.batch()
        try ledger.append(entries, details)
        #expect(try ledger.entries() == Self.expected(all + entries))
    }

    /// R1: whatever the instant at which the process or the machine stops, a start finds all
    /// commits up to one, the last that returned included unless its bytes were lost.
    @Test(arguments: UInt64(0)..<6)
    func `a torn log gives the commits before the tear`(seed: UInt64) throws {
        var generator = EntryGenerator(seed: 100 + seed)
        var random = SeededGenerator(seed: seed)
        let ledger = try Ledger(path)
        var prefixes: [[LedgerEntry]] = [[]]
        for _ in 0..<12 {
            let (entries, details) = generator.batch()
            try ledger.append(entries, details)
            prefixes.append(prefixes[prefixes.count - 1] + entries)
        }
        let main = try Data(contentsOf: URL(filePath: path))
        let log = try Data(contentsOf: URL(filePath: path + "-wal"))
        for copy in 0..<12 {
            let target = folder("copy-\(copy).sqlite")
            try main.write(to: URL(filePath: target))
            let kept = copy == 0 ? log.count : Int.random(in: 0...log.count, using: &random)
            try log.prefix(kept).write(to: URL(filePath: target + "-wal"))
            let entries = try Ledger(target).entries()
            let found = prefixes.last { Self.expected($0) == entries }
            #expect(found != nil, "\(kept) of \(log.count) bytes of the log")
            if copy == 0 { #expect(found == prefixes.last) }
        }
    }

    /// As `sqlite3 -readonly … .backup` does it.
    @Test func `a backup by another connection while commits go on is a ledger`() throws {
        var generator = EntryGenerator(seed: 50)
        let ledger = try Ledger(path)
        var all: [LedgerEntry] = []
        for number in 0..<10 {
            let (entries, details) = generator.batch()
            try ledger.append(entries, details)
            all += entries
            var configuration = Configuration()
            configuration.readonly = true
            let reader = try DatabaseQueue(path: path, configuration: configuration)
            let copy = folder("backup-\(number).sqlite")
            try reader.backup(to: try DatabaseQueue(path: copy))
            #expect(try Ledger(copy).entries() == Self.expected(all))
        }
        #expect(try Ledger(path).entries() == Self.expected(all))
    }

    @Test func `what people ask for is beside the events`() throws {
        var now: Int64 = 1000
        let ledger = try Ledger(path, wallSeconds: { now })
        let job = JobID(1)
        var details = LedgerDetails()
        let specification = EntryGenerator.specification()
        details.note(specification, submittedAt: 900, of: job)
        let request = JobRequest(idempotencyKey: "k", name: "fox")
        try ledger.append([.started(instance: 1), .submitted(job, request)], details)

        details = LedgerDetails()
        for number in 0..<WireLimits.events + 10 {
            details.note(JobEventLine(time: Int64(number), text: "line \(number)"), of: job)
        }
        details.note(deviceClass: "cpu-b", of: job)
        details.note(deviceClass: "cpu-a", of: job)
        details.note(deviceClass: "cpu-b", of: job)
        for (left, difference) in [(0, 1.0), (1, 4.0), (2, 1.0), (1, 3.0)] {
            details.note(
                MismatchRecord(
                    job: job,
                    shot: 0,
                    round: 2,
                    left: left,
                    right: left + 1,
                    difference: difference,
                    variance: 1
                )
            )
        }
        let times = (0..<100).map { Rational(Int64($0) * 1001, 30_000) }
        details.note(times: Array(times[..<60]), from: 0, of: job)
        details.note(times: Array(times[60...]), from: 60, of: job)
        try ledger.append([], details)
        now = 2000
        try ledger.append([.jobChanged(job, .done, reason: nil)])

        let found = try #require(try Ledger(path).jobs()[job])
        #expect(found.specification == specification)
        #expect(found.submittedAt == 900 && found.endedAt == 2000)
        #expect(found.deviceClasses == ["cpu-a", "cpu-b"])
        #expect(found.lines.count == WireLimits.events)
        #expect(found.lines.last?.text == "line \(WireLimits.events + 9)")
        #expect(found.frameTimes == times)
        // The second measure of an overlap replaced the first.
        #expect(found.mismatches.count == 3 && found.mismatches.largest == 1.5)
        #expect(found.mismatches.largestWindow == 1 && found.mismatches.largestRound == 2)
        #expect(abs(found.mismatches.mean - 2.5 / 3) < 1e-12)
        #expect(try Ledger(path).farmID() == ledger.farmID())
        #expect(try Ledger(folder("other.sqlite")).farmID() != ledger.farmID())
        let window = UnitKey(job: job, shot: 0, unit: UnitID(.sample, index: 1, round: 2))
        #expect(try ledger.isMeasured(window, 0) && ledger.isMeasured(window, 2))
        #expect(try !ledger.isMeasured(window, 3))
        try ledger.append([.reopened(job), .jobChanged(job, .running, reason: nil)])
        #expect(try ledger.jobs()[job]?.endedAt == nil)
    }

    @Test func `where results were made comes in pages, and goes with a lost result`() throws {
        let ledger = try Ledger(path)
        let (job, other) = (JobID(1), JobID(2))
        var details = LedgerDetails()
        details.note(EntryGenerator.specification(), submittedAt: 900, of: job)
        details.note(EntryGenerator.specification(), submittedAt: 900, of: other)
        let units =
            [UnitID(.content), UnitID(.decode), UnitID(.decode, index: 1), UnitID(.depth)]
            + (0..<3).flatMap { index in
                (0..<2).map { UnitID(.sample, index: index, round: $0) }
            }
        func origin(_ unit: UnitID, _ worker: String) -> UnitOrigin {
            let key = UnitKey(job: job, shot: 0, unit: unit)
            return UnitOrigin(key, WorkerID(worker), name: "box", deviceClass: "cpu")
        }
        for unit in units.reversed() { details.note(origin(unit, "w")) }
        // Noted with a job that nobody knows any more: dropped.
        let stranger = UnitKey(job: JobID(9), shot: 0, unit: UnitID(.content))
        details.note(UnitOrigin(stranger, WorkerID("w"), name: "", deviceClass: "cpu"))
        details.note(DeviceDeviation("cuda", "cpu", ratio: 0.5), of: job)
        details.note(DeviceDeviation("cpu", "cuda", ratio: 0.25), of: job)
        let requests = [(job, "k"), (other, "l")].map {
            LedgerEntry.submitted($0, JobRequest(idempotencyKey: $1))
        }
        try ledger.append([.started(instance: 1)] + requests, details)

        var found: [UnitOrigin] = []
        while found.count < units.count {
            let page = try ledger.origins(of: job, after: found.last?.unit, limit: 3)
            try #require(!page.isEmpty && page.count <= 3)
            found += page
        }
        #expect(found == units.map { origin($0, "w") })
        #expect(try ledger.origins(of: job, after: found.last?.unit, limit: 3).isEmpty)
        #expect(try ledger.origins(of: other, limit: 3).isEmpty)
        #expect(
            try Ledger(path).jobs()[job]?.deviations
                == [DeviceDeviation("cpu", "cuda", ratio: 0.25)]
        )

        let lost = UnitKey(job: job, shot: 0, unit: units[3])
        try ledger.append([.lost(lost)])
        #expect(try !ledger.origins(of: job, limit: 100).contains { $0.unit == lost })
        details = LedgerDetails()
        details.note(origin(units[3], "v"))
        details.note(origin(units[4], "v"))
        try ledger.append([], details)
        let makers = try ledger.origins(of: job, limit: 100).map(\.worker.name)
        #expect(makers.count == units.count && makers.filter { $0 == "v" }.count == 2)
        try ledger.append([.discarded(job)])
        #expect(try ledger.origins(of: job, limit: 100).isEmpty)
    }

    @Test func `the views say which results and attempts there are`() throws {
        var now: Int64 = 100
        let ledger = try Ledger(path, wallSeconds: { now })
        let job = JobID(7)
        var details = LedgerDetails()
        details.note(EntryGenerator.specification(), submittedAt: 1, of: job)
        let lease = { (number: UInt64) in
            Lease(
                UnitKey(job: job, shot: 2, unit: UnitID(.sample, index: 3, round: 4)),
                Epoch(instance: 1, number: number)
            )
        }
        let summary = ResultSummary(checksum: [0xAB], byteCount: 5, least: -1, largest: 1)
        let worker = WorkerID("w")
        try ledger.append(
            [.submitted(job, JobRequest(idempotencyKey: "k")), .granted(worker, lease(1))],
            details
        )
        now = 130
        try ledger.append([
            .ended(worker, lease(1), .failedUnit, reason: "NaN"), .granted(worker, lease(2)),
            .finished(worker, lease(2), summary), .workerChanged(worker, .draining),
        ])
        func rows(_ sql: String) throws -> [Row] {
            try DatabaseQueue(path: path).read { try Row.fetchAll($0, sql: sql) }
        }
        let units = try rows("SELECT * FROM unit")
        #expect(units.map { $0["checksum"] as String } == ["ab"])
        let attempts = try rows("SELECT number, outcome, seconds FROM attempt ORDER BY number")
        #expect(attempts.map { $0["outcome"] as String } == ["failedUnit", "finished"])
        #expect(attempts.map { $0["seconds"] as Int } == [30, 0])
        let workers = try rows("SELECT standing, finished, failed FROM worker")
        #expect(workers.map { $0["standing"] as String } == ["draining"])
        #expect(workers.map { $0["failed"] as Int } == [1])
        try ledger.append([.lost(lease(2).unit)])
        #expect(try rows("SELECT * FROM unit").isEmpty)
    }

    /// Numbers of jobs are never used again, so the highest stays known.
    @Test func `the ledger does not grow with jobs that are gone`() throws {
        let ledger = try Ledger(path)
        for number in 1...30 as ClosedRange<UInt64> {
            var details = LedgerDetails()
            details.note(EntryGenerator.specification(), submittedAt: 1, of: JobID(number))
            let request = JobRequest(idempotencyKey: "\(number)")
            try ledger.append([.submitted(JobID(number), request)], details)
            try ledger.append([.jobChanged(JobID(number), .done, reason: nil)])
            try ledger.append([.discarded(JobID(number))])
        }
        let last = JobRequest(idempotencyKey: "30")
        #expect(try ledger.entries() == [.submitted(JobID(30), last), .discarded(JobID(30))])
        #expect(try ledger.jobs().isEmpty)
        // What comes late about a job that is gone is no error.
        var details = LedgerDetails()
        details.note(JobEventLine(time: 1, text: "late"), of: JobID(30))
        details.note(deviceClass: "late", of: JobID(30))
        details.note(times: [.zero], from: 0, of: JobID(30))
        try ledger.append([], details)
    }
}
