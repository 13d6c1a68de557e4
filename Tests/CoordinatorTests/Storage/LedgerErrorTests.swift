import Coordinator
import Foundation
import GRDB
import Scheduling
import TestSupport
import Testing
import WireProtocol

/// What a ledger does that cannot be used, or cannot be used any more.
struct LedgerErrorTests {
    private let folder: TemporaryFolder
    private var path: String { folder("ledger.sqlite") }

    init() throws {
        folder = try TemporaryFolder()
    }

    private func code(_ path: String) -> LedgerError.Code? {
        #expect(throws: LedgerError.self) { try Ledger(path) }?.code
    }

    private func execute(_ sql: String) throws {
        try DatabaseQueue(path: path).write { try $0.execute(sql: sql) }
    }

    private func submission(_ number: UInt64) -> ([LedgerEntry], LedgerDetails) {
        var details = LedgerDetails()
        details.note(EntryGenerator.specification(), submittedAt: 1, of: JobID(number))
        return ([.submitted(JobID(number), JobRequest(idempotencyKey: "\(number)"))], details)
    }

    /// R18: a commit that failed is whole or not there, and nothing follows it.
    @Test func `after a failed commit every other fails too`() throws {
        let ledger = try Ledger(path)
        let (first, details) = submission(1)
        try ledger.append(first, details)
        // The same key again breaks a rule of the table after its event was inserted.
        let entries: [LedgerEntry] = [
            .started(instance: 2), .submitted(JobID(2), JobRequest(idempotencyKey: "1")),
        ]
        var more = LedgerDetails()
        more.note(EntryGenerator.specification(), submittedAt: 1, of: JobID(2))
        #expect(throws: LedgerError.self) { try ledger.append(entries, more) }
        let again = #expect(throws: LedgerError.self) { try ledger.append([.started(instance: 3)]) }
        #expect(again?.code == .commitFailed("an earlier commit failed"))
        #expect(try Ledger(path).entries() == first)
    }

    @Test func `a full disk is one sentence, and what was committed stays`() throws {
        guard let disk = SmallDisk(in: folder, kibibytes: 512) else { return }
        let path = disk.path + "/ledger.sqlite"
        var committed: [LedgerEntry] = []
        var failure: LedgerError?
        do {
            let ledger = try Ledger(path)
            for number in 1...2000 as ClosedRange<UInt64> {
                let (entries, details) = submission(number)
                do {
                    try ledger.append(entries, details)
                    committed += entries
                } catch {
                    failure = error
                    break
                }
            }
        }
        guard case .commitFailed(let reason) = failure?.code else {
            Issue.record("the disk was never full")
            return
        }
        #expect(reason.contains("full") || reason.contains("disk"))
        #expect(failure?.description.hasPrefix("cannot write the ledger \(path): ") == true)
        disk.grow()
        #expect(try Ledger(path).entries() == committed)
    }

    @Test func `damage is told in one sentence`() throws {
        do {
            let ledger = try Ledger(path)
            for number in 1...50 as ClosedRange<UInt64> {
                let (entries, details) = submission(number)
                try ledger.append(entries, details)
            }
        }
        var bytes = try Data(contentsOf: URL(filePath: path))
        for page in 1..<bytes.count / 4096 {
            for offset in 0..<64 { bytes[page * 4096 + offset] = 0x5A }
        }
        try bytes.write(to: URL(filePath: path))
        guard case .damaged = code(path) else {
            Issue.record("the damage was not found")
            return
        }
    }

    @Test func `an entry that is none is damage`() throws {
        do {
            let ledger = try Ledger(path)
            let (entries, details) = submission(1)
            try ledger.append(entries, details)
        }
        try execute("INSERT INTO event (time, kind, job) VALUES (1, 'planned', 1)")
        let error = #expect(throws: LedgerError.self) { try Ledger(path).entries() }
        #expect(error?.code == .damaged("event 2 is no \"planned\""))
        try execute("UPDATE job SET specification = x'FFFF'")
        #expect(throws: LedgerError.self) { try Ledger(path).jobs() }
    }

    @Test func `files of others and of later versions are left alone`() throws {
        try execute("CREATE TABLE recipe (name TEXT)")
        #expect(code(path) == .foreign)
        let text = folder("text.sqlite")
        try Data("not a database, but long enough to be looked at\n".utf8)
            .write(to: URL(filePath: text))
        #expect(code(text) == .foreign)
        #expect(try String(contentsOfFile: text, encoding: .utf8).hasPrefix("not a database"))

        let newer = folder("newer.sqlite")
        _ = try Ledger(newer)
        try DatabaseQueue(path: newer).write { try $0.execute(sql: "PRAGMA user_version = 99") }
        #expect(code(newer) == .newer(version: 99))
        guard case .unreadable = code(folder("nowhere/ledger.sqlite")) else {
            Issue.record("a folder that is not there")
            return
        }
    }
}
