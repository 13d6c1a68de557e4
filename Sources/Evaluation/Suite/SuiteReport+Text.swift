import Glibc

extension SuiteReport {
    /// What a person reads: what was measured, the table, the promises.
    package var text: String {
        var grid = [[""] + columns.map(\.title)]
        for row in rows {
            grid.append(
                [row.name]
                    + columns.map { column in
                        row.cells[column.name].map { Self.text($0, column.unit) } ?? "-"
                    }
            )
        }
        let widths = grid[0].indices.map { index in grid.map { $0[index].count }.max() ?? 0 }
        let table = grid.map { cells in
            cells.enumerated().map { index, cell in
                let space = String(repeating: " ", count: widths[index] - cell.count)
                return index == 0 ? cell + space : space + cell
            }.joined(separator: "  ")
        }
        let promises = targets.map { "\($0.isMet ? "met" : "NOT MET"): \($0.text)" }
        return
            ([lines, table, promises].filter { !$0.isEmpty }
            .map { $0.joined(separator: "\n") }).joined(separator: "\n\n")
    }

    /// A mean and its interval, such as `81.2 % [70.0, 90.0]`.
    static func text(_ cell: BootstrapInterval, _ unit: Unit) -> String {
        let (scale, digits, suffix) =
            switch unit {
            case .share: (100.0, 1, " %")
            case .decimals(let digits): (1.0, digits, "")
            }
        func number(_ value: Double) -> String { decimal(value * scale, digits) }
        guard cell.count > 1 else { return number(cell.mean) + suffix }
        return "\(number(cell.mean))\(suffix) [\(number(cell.low)), \(number(cell.high))]"
    }

    /// `digits` decimals, rounded.
    package static func decimal(_ value: Double, _ digits: Int) -> String {
        guard value.isFinite, value.magnitude < 1e12 else { return "\(value)" }
        let scale = pow(10, Double(digits))
        let whole = Int((value.magnitude * scale).rounded())
        let sign = value < 0 && whole > 0 ? "-" : ""
        guard digits > 0 else { return "\(sign)\(whole)" }
        let text = "\(whole)"
        let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
        return "\(sign)\(padded.dropLast(digits)).\(padded.suffix(digits))"
    }
}
