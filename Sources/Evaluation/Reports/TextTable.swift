/// Columns of text, as wide as their widest cell; the first is flush left, columns of numbers are
/// flush right.
struct TextTable {
    let header: [String]
    let rows: [[String]]

    /// A line for each row, without blanks at its end.
    var text: String {
        let all = [header] + rows
        let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        let isNumeric = header.indices.map { column in
            column > 0 && rows.allSatisfy { Self.isNumber($0[column]) }
        }
        return all.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                let blanks = String(repeating: " ", count: widths[column] - cell.count)
                line +=
                    (column > 0 ? "  " : "") + (isNumeric[column] ? blanks + cell : cell + blanks)
            }
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }

    private static func isNumber(_ cell: String) -> Bool {
        cell.allSatisfy { $0.isNumber || "-.".contains($0) }
    }
}
