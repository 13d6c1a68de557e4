package import Tensors

/// The measures of a benchmark folder: a row for each output, means with intervals, and what is
/// missing.
package struct FolderReport: Hashable, Sendable {
    package struct Row: Hashable, Sendable {
        package let clip: String
        package let edit: String
        package let prompt: String
        /// The measures, or why the output has none.
        package let result: Result<VideoReport, Missing>

        package init(
            clip: String,
            edit: String,
            prompt: String,
            result: Result<VideoReport, Missing>
        ) {
            self.clip = clip
            self.edit = edit
            self.prompt = prompt
            self.result = result
        }

        var report: VideoReport? { try? result.get() }
    }

    /// An output that cannot be measured, and why.
    package struct Missing: Error, Hashable, Sendable {
        package let reason: String

        package init(_ reason: String) { self.reason = reason }
    }

    package let rows: [Row]
    /// Files that belong to no edit.
    package let strays: [String]
    /// Of each measure that some row has, over the rows that have it.
    package let means: [Measure: BootstrapInterval]

    /// - Parameters:
    ///   - rows: All edits, the missing ones too.
    ///   - strays: As above.
    ///   - seed: Of the bootstrap.
    package init(_ rows: [Row], strays: [String], seed: UInt64) {
        self.rows = rows
        self.strays = strays
        var means: [Measure: BootstrapInterval] = [:]
        for measure in Measure.allCases {
            let values = rows.compactMap { $0.report?.values[measure] }
            if !values.isEmpty { means[measure] = BootstrapInterval(values, seed: seed) }
        }
        self.means = means
    }

    /// Rows without measures.
    package var missing: [(row: Row, reason: String)] {
        rows.compactMap { row in
            guard case .failure(let missing) = row.result else { return nil }
            return (row, missing.reason)
        }
    }

    /// Measures of the table for people; the files have all.
    private static let columns: [(Measure, String)] = [
        (.consecutiveConsistency, "consec."), (.allPairsConsistency, "all pairs"),
        (.promptConsistency, "prompt"), (.motion, "motion"), (.warpError, "warp"),
        (.detailEnergy, "detail"), (.structureCorrelation, "struct."), (.seamIndex, "S"),
        (.sceneCuts, "cuts"),
    ]

    /// The table for people.
    package var text: String {
        let columns = Self.columns.filter { means[$0.0] != nil }
        func cells(_ value: (Measure) -> Double?) -> [String] {
            columns.map { measure, _ in
                value(measure).map { CurvePlot.fixed($0, measure.decimals) } ?? ""
            }
        }
        var body = rows.compactMap { row in
            row.report.map { report in [row.clip, row.edit] + cells { report.values[$0] } }
        }
        body.append(["mean", ""] + cells { means[$0]?.mean })
        body.append(["95 % from", ""] + cells { means[$0]?.low })
        body.append(["95 % to", ""] + cells { means[$0]?.high })
        body.append(["rows", ""] + columns.map { "\(means[$0.0]?.count ?? 0)" })
        var text =
            means.isEmpty
            ? "nothing measured\n"
            : TextTable(header: ["clip", "edit"] + columns.map(\.1), rows: body).text
        if !missing.isEmpty {
            text += "missing:\n"
            for (row, reason) in missing { text += "  \(row.clip), \(row.edit): \(reason)\n" }
        }
        if !strays.isEmpty {
            text += "files of no edit: \(strays.joined(separator: ", "))\n"
        }
        let reasons = Measure.allCases.compactMap { measure -> String? in
            guard means[measure] == nil,
                let reason = rows.lazy.compactMap({ $0.report?.skipped[measure] }).first
            else { return nil }
            return "  \(measure.label): \(reason)\n"
        }
        if !reasons.isEmpty { text += "not measured:\n" + reasons.joined() }
        let traps = Measure.allCases.filter { means[$0] != nil }.compactMap(\.trap)
        if !traps.isEmpty { text += "notes:\n" + traps.map { "  \($0)\n" }.joined() }
        return text
    }

    /// A row for each output that was measured and a column for each measure; empty where a
    /// measure has no value.
    package var csv: String {
        let header = ["clip", "edit", "prompt"] + Measure.allCases.map(\.rawValue)
        var text = header.joined(separator: ",") + "\n"
        for row in rows {
            guard let report = row.report else { continue }
            let numbers = Measure.allCases.map { measure in
                report.values[measure].map { "\($0)" } ?? ""
            }
            text +=
                ([row.clip, row.edit, row.prompt].map(Self.quoted) + numbers)
                .joined(separator: ",") + "\n"
        }
        return text
    }

    /// A cell as RFC 4180 has it.
    private static func quoted(_ cell: String) -> String {
        guard cell.contains(where: { ",\"\n\r".contains($0) }) else { return cell }
        return "\"" + cell.replacing("\"", with: "\"\"") + "\""
    }

    /// Everything, as the members of a JSON object.
    package var json: [String: JSONValue] {
        let results = rows.map { row in
            var members: [String: JSONValue] = [
                "clip": .string(row.clip), "edit": .string(row.edit),
                "prompt": .string(row.prompt),
            ]
            switch row.result {
            case .success(let report): members.merge(report.json) { first, _ in first }
            case .failure(let missing): members["missing"] = .string(missing.reason)
            }
            return JSONValue.object(members)
        }
        let intervals = means.map { measure, interval in
            let value: JSONValue = .object([
                "mean": .number(interval.mean), "low": .number(interval.low),
                "high": .number(interval.high), "rows": .integer(interval.count),
            ])
            return (measure.rawValue, value)
        }
        return [
            "schema": .integer(1),
            "results": .array(results),
            "means": .object(Dictionary(uniqueKeysWithValues: intervals)),
            "files_of_no_edit": .array(strays.map { .string($0) }),
        ]
    }
}
