import Coordinator
import GRDB
import TestSupport
import Testing

/// What somebody wrote into the ledger by hand is an entry or an error, never a crash.
struct LedgerRowTests {
    @Test(arguments: Mutations.seeds)
    func `events with other values are read or refused`(seed: UInt64) throws {
        let folder = try TemporaryFolder()
        let path = folder("ledger.sqlite")
        var mutations = Mutations(seed: seed)
        do {
            var generator = EntryGenerator(seed: seed)
            let ledger = try Ledger(path)
            for _ in 0..<10 {
                let (entries, details) = generator.batch()
                try ledger.append(entries, details)
            }
        }
        let values = [
            "-1", "0", "1", "3", "9223372036854775807", "NULL", "'content'", "'sample'", "''",
            "'planned'", "'{\"isLast\":true,\"shots\":[{}]}'", "'[]'", "'failedUnit'", "x'00'",
        ]
        let columns = [
            "kind", "job", "shot", "unit", "unit_index", "round", "worker", "instance", "number",
            "outcome", "reason", "bytes", "least", "data",
        ]
        var refused = 0
        for _ in 0..<300 {
            let queue = try DatabaseQueue(path: path)
            let column = columns[mutations.below(columns.count)]
            let value = values[mutations.below(values.count)]
            // A plan's numbers are changed inside their text, too.
            let digit = mutations.below(10)
            let sql =
                mutations.below(3) == 0
                ? "UPDATE event SET data = replace(data, '\(digit)', '\(mutations.below(10))')"
                : "UPDATE event SET \(column) = \(value) WHERE sequence % 7 = \(digit % 7)"
            let isChanged = (try? queue.write { try $0.execute(sql: sql) }) != nil
            guard isChanged else { continue }
            do {
                _ = try Ledger(path).entries()
            } catch {
                refused += 1
            }
        }
        #expect(refused > 10)
    }
}
