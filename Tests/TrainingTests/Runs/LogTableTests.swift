import TestSupport
import Testing
import Training

struct LogTableTests {
    private func table(_ count: Int) -> LogTable {
        var table = LogTable()
        for step in 1...count {
            let loss = Metric("loss", 1 / Double(3 * step))
            let isFirst = table.append(step: step, [loss, Metric("lr", 1e-4)])
            #expect(isFirst == (step > 1))
        }
        return table
    }

    @Test func `a table comes back from its text to the bit`() throws {
        let table = table(20)
        #expect(table.text.hasPrefix("step,loss,lr\n1,0.3333333333333333,0.0001\n"))
        #expect(try LogTable(table.text, upTo: 20, path: "log") == table)
        #expect(table.text.hasSuffix("\n" + table.lastLine))
    }

    @Test func `a metric that comes later gets a column, and a missing one an empty cell`() throws {
        var table = table(2)
        let isSame = [
            table.append(step: 3, [Metric("loss", 1), Metric("edge", 2)]),
            table.append(step: 4, [Metric("edge", 3), Metric("lr", 4)]),
        ]
        #expect(isSame == [false, true])
        #expect(table.text.hasSuffix("2,0.16666666666666666,0.0001,\n3,1.0,,2.0\n4,,4.0,3.0\n"))
        #expect(try LogTable(table.text, upTo: 4, path: "log") == table)
        #expect(table.points("edge").map(\.step) == [3, 4])
        #expect(table.points("edge").map(\.value) == [2, 3])
        #expect(table.points("none").isEmpty)
    }

    @Test(arguments: [0, 1, 7, 20, 30])
    func `only steps up to a step are read`(last: Int) throws {
        let found = try LogTable(table(20).text, upTo: last, path: "log")
        #expect(found == (last == 0 ? LogTable() : table(min(last, 20))))
    }

    /// A killed process leaves a part of what it wrote, and a dead machine leaves anything.
    @Test func `what a kill leaves at the end is dropped`() throws {
        let text = table(5).text
        for length in text.utf8.count - 20..<text.utf8.count {
            let part = String(decoding: text.utf8.prefix(length), as: UTF8.self)
            #expect(try LogTable(part, upTo: 3, path: "log") == table(3))
        }
        for tail in ["\u{0}\u{0}\u{0}\n", "6,,,,\n7,x,y\n", "6,1.0,nonsense\n"] {
            #expect(try LogTable(text + tail, upTo: 5, path: "log") == table(5))
            #expect(try LogTable(text + tail, upTo: 6, path: "log") == table(5))
        }
        #expect(try LogTable("", upTo: 5, path: "log") == LogTable())
    }

    @Test func `damage among the wanted rows is named by its line`() {
        for damage in ["2,x,0.0001", "2,1.0", "1,1.0,1.0", "2,1.0,1.0,1.0"] {
            var lines = table(5).text.split(separator: "\n").map(String.init)
            lines[2] = damage
            let text = lines.joined(separator: "\n") + "\n"
            let error = #expect(throws: TrainingError.self) {
                try LogTable(text, upTo: 4, path: "run/log.csv")
            }
            #expect(
                error?.description
                    == "run/log.csv: line 3: expected a step after 1 and 2 numbers"
            )
        }
        #expect(throws: TrainingError.self) {
            try LogTable("time,loss\n1,2\n", upTo: 1, path: "log")
        }
    }
}
