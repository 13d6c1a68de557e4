/// Numbers by step, as a log holds them: a column a metric, a row a step.
package struct LogTable: Hashable, Sendable {
    /// The metrics, without the first column, which is the step.
    package private(set) var columns: [String] = []
    package private(set) var rows: [Row] = []

    package struct Row: Hashable, Sendable {
        package let step: Int
        /// One a column; what was added later has none of some.
        package fileprivate(set) var values: [Double?]
    }

    package init() {}

    /// Adds a row; metrics that are new get a column.
    ///
    /// - Returns: Whether the columns are what they were, so that the row may be appended.
    package mutating func append(step: Int, _ metrics: [Metric]) -> Bool {
        let new = metrics.map(\.name).filter { !columns.contains($0) }
        columns += new
        for index in rows.indices { rows[index].values += new.map { _ in nil } }
        var values = [Double?](repeating: nil, count: columns.count)
        for metric in metrics {
            guard let column = columns.firstIndex(of: metric.name) else { continue }
            values[column] = metric.value
        }
        rows.append(Row(step: step, values: values))
        return new.isEmpty
    }

    /// What a column says, step by step.
    package func points(_ name: String) -> [(step: Int, value: Double)] {
        guard let column = columns.firstIndex(of: name) else { return [] }
        return rows.compactMap { row in row.values[column].map { (row.step, $0) } }
    }

    /// The table as CSV with a head line, each number so that it reads back to the bit.
    package var text: String { head + rows.map(Self.line).joined() }

    private var head: String { (["step"] + columns).joined(separator: ",") + "\n" }

    /// The last row as a line of CSV.
    package var lastLine: String { rows.last.map(Self.line) ?? "" }

    private static func line(_ row: Row) -> String {
        let cells = row.values.map { value in value.map { "\($0)" } ?? "" }
        return (["\(row.step)"] + cells).joined(separator: ",") + "\n"
    }

    /// Reads the rows of a CSV up to a step; what comes after that may be anything, as a process
    /// that was killed leaves it.
    ///
    /// - Parameters:
    ///   - text: The file.
    ///   - last: Number of the last step wanted.
    ///   - path: The file's name, for messages.
    /// - Throws: `TrainingError` if the part that is wanted is not such a table.
    package init(_ text: String, upTo last: Int, path: String) throws(TrainingError) {
        // What follows the last line's end is nothing, or half a line.
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        guard last > 0, let head = lines.first else { return }
        let names = head.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard names.first == "step", Set(names).count == names.count else {
            throw TrainingError(.log(path: path, line: 1, expected: "step and other columns"))
        }
        columns = Array(names.dropFirst())
        var malformed: Int?
        for (index, line) in lines.enumerated().dropFirst() {
            guard let row = row(line) else {
                malformed = malformed ?? index + 1
                continue
            }
            if row.step > last { return }
            if let malformed {
                let expected = "a step after \(rows.last?.step ?? 0) and \(columns.count) numbers"
                throw TrainingError(.log(path: path, line: malformed, expected: expected))
            }
            rows.append(row)
        }
    }

    private func row(_ line: Substring) -> Row? {
        let cells = line.split(separator: ",", omittingEmptySubsequences: false)
        let values: [Double?] = cells.dropFirst().map { Double($0) }
        guard let step = cells.first.flatMap({ Int($0) }), step > rows.last?.step ?? 0,
            values.count == columns.count,
            zip(values, cells.dropFirst()).allSatisfy({ $0 != nil || $1.isEmpty })
        else { return nil }
        return Row(step: step, values: values)
    }
}
