import Evaluation
import Tensors
import Testing

struct SuiteReportTests {
    private static func report() -> SuiteReport {
        var tally = SuiteTally()
        for value in [true, true, false, true] { tally.add("one", "share", value) }
        for value in [1.5, 2.5, .nan] { tally.add("one", "number", value) }
        tally.add("another row", "number", 12)
        var report = SuiteReport(
            "test",
            lines: ["What was measured."],
            columns: [
                SuiteReport.Column("share", "how often", .share),
                SuiteReport.Column("number", "how much", .decimals(2)),
            ],
            rows: [tally.row("one"), tally.row("another row"), tally.row("empty")],
            settings: ["count": .integer(4)]
        )
        report.targets = [
            SuiteReport.Target("one is often", isMet: true),
            SuiteReport.Target("another is much", isMet: false),
        ]
        return report
    }

    @Test func `the text is lines, an aligned table, and promises`() {
        let lines = Self.report().text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[0] == "What was measured." && lines[1].isEmpty)
        let table = lines[2..<6]
        #expect(Set(table.map(\.count)).count == 1)
        #expect(table[3].contains("75.0 % [") && table[3].contains("2.00 [1.50, 2.50]"))
        #expect(table[4].hasPrefix("another row") && table[4].hasSuffix("12.00"))
        #expect(table[5].hasPrefix("empty") && table[5].hasSuffix("-"))
        #expect(lines.suffix(2) == ["met: one is often", "NOT MET: another is much"])
    }

    @Test func `JSON has the same numbers under the columns' names`() throws {
        let text = Self.report().json.serialized(isIndented: true)
        guard case .object(let object) = try JSONValue.parse(Array(text.utf8)),
            case .array(let table)? = object["table"], case .object(let row) = table[0],
            case .object(let cell)? = row["number"]
        else {
            Issue.record("no table in \(text)")
            return
        }
        #expect(table.count == 3 && row["row"] == .string("one"))
        #expect(cell["clips"] == .integer(2))
        #expect(cell["mean"] == .integer(2) || cell["mean"] == .number(2))
    }

    @Test(arguments: [
        (0.0, 2, "0.00"), (-0.001, 2, "0.00"), (-1.25, 1, "-1.3"), (9.999, 2, "10.00"),
        (0.05, 1, "0.1"), (12, 0, "12"), (.infinity, 1, "inf"),
    ])
    func `numbers are rounded to their decimals`(value: Double, digits: Int, text: String) {
        #expect(SuiteReport.decimal(value, digits) == text)
    }
}
