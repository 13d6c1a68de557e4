package import Tensors

/// What a test of the suite found: a table, and whether what was promised is so.
package struct SuiteReport: Equatable, Sendable {
    package struct Column: Hashable, Sendable {
        /// In JSON.
        package let name: String
        /// Above the table.
        package let title: String
        package let unit: Unit

        package init(_ name: String, _ title: String, _ unit: Unit) {
            self.name = name
            self.title = title
            self.unit = unit
        }
    }

    /// How a column's numbers are written.
    package enum Unit: Hashable, Sendable {
        /// A share, as per cent.
        case share
        /// So many decimals.
        case decimals(Int)
    }

    package struct Row: Hashable, Sendable {
        package let name: String
        /// By the names of columns; what a row does not have is absent.
        package var cells: [String: BootstrapInterval]

        package init(_ name: String, _ cells: [String: BootstrapInterval] = [:]) {
            self.name = name
            self.cells = cells
        }
    }

    /// A promise about the table.
    package struct Target: Hashable, Sendable {
        package let text: String
        package let isMet: Bool

        package init(_ text: String, isMet: Bool) {
            self.text = text
            self.isMet = isMet
        }
    }

    /// The test's name.
    package let test: String
    /// What was measured, a line each.
    package var lines: [String]
    package var columns: [Column]
    package var rows: [Row]
    package var targets: [Target] = []
    /// Settings, for whoever wants to repeat it.
    package var settings: [String: JSONValue]
    /// What was found clip by clip.
    package var clips: [JSONValue] = []

    package init(
        _ test: String,
        lines: [String],
        columns: [Column],
        rows: [Row],
        settings: [String: JSONValue]
    ) {
        self.test = test
        self.lines = lines
        self.columns = columns
        self.rows = rows
        self.settings = settings
    }

    /// A cell, if the table has it.
    package func cell(_ row: String, _ column: String) -> BootstrapInterval? {
        rows.first { $0.name == row }?.cells[column]
    }

    /// One object; means, bounds and counts as numbers.
    package var json: JSONValue {
        let table = rows.map { row in
            var cells: [String: JSONValue] = ["row": .string(row.name)]
            for (name, cell) in row.cells {
                cells[name] = .object([
                    "mean": .number(cell.mean), "low": .number(cell.low),
                    "high": .number(cell.high), "clips": .integer(cell.count),
                ])
            }
            return JSONValue.object(cells)
        }
        let promises = targets.map { target in
            JSONValue.object(["text": .string(target.text), "met": .bool(target.isMet)])
        }
        return .object([
            "schema": .integer(1), "test": .string(test), "settings": .object(settings),
            "about": .array(lines.map { .string($0) }), "table": .array(table),
            "targets": .array(promises), "clips": .array(clips),
        ])
    }
}
