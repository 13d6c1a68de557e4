package import Tensors

/// A table of a run on the disk: each row is there when its step is done, and on the disk for good
/// when a checkpoint is.
package final class RunLog {
    package private(set) var table: LogTable
    private let path: String
    private var file: AppendedFile

    /// Opens the log of a run that goes on after a step, and drops what was logged of later ones.
    ///
    /// - Throws: `FileError` or `TrainingError` if it cannot be read or written.
    package init(_ path: String, after step: Int) throws {
        self.path = path
        var table = LogTable()
        if try SystemFile.status(of: path) != nil {
            let bytes = try SystemFile.read(path, limit: 1 << 32)
            let text = String(decoding: bytes, as: UTF8.self)
            table = try LogTable(text, upTo: step, path: path)
            if table.rows.isEmpty {
                table = LogTable()
                try SystemFile.delete(path)
            } else if table.text != text {
                try SystemFile.writeAtomically(Array(table.text.utf8), to: path)
            }
        }
        self.table = table
        file = try AppendedFile(path)
    }

    /// Adds a row.
    ///
    /// - Throws: `FileError` if it cannot be written.
    package func append(step: Int, _ metrics: [Metric]) throws(FileError) {
        let isFirst = table.rows.isEmpty
        if table.append(step: step, metrics), !isFirst {
            try file.append(Array(table.lastLine.utf8))
        } else if isFirst {
            try file.append(Array(table.text.utf8))
        } else {
            // A new column: all lines get one more cell.
            try SystemFile.writeAtomically(Array(table.text.utf8), to: path)
            file = try AppendedFile(path)
        }
    }

    /// Waits until all rows are on the disk.
    package func synchronize() throws(FileError) { try file.synchronize() }
}
