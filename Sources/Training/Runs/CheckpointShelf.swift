package import Tensors

/// The checkpoints of a run: folders named after the steps that were completed.
package struct CheckpointShelf: Hashable, Sendable {
    package let path: String

    /// Takes the folder, making it if need be, and removes what a killed process left half-done.
    package init(_ path: String) throws(FileError) {
        self.path = path
        try SystemFile.makeFolder(path)
        for name in try SystemFile.names(in: path) where name.hasPrefix(Self.hidden) {
            try SystemFile.removeTree("\(path)/\(name)")
        }
    }

    private static let prefix = "step-"
    private static let hidden = ".step-"

    /// A checkpoint's name: numbers of one width, so that names sort as steps do.
    package static func name(_ step: Int) -> String {
        let digits = "\(step)"
        return prefix + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }

    package func path(_ step: Int) -> String { "\(path)/\(Self.name(step))" }

    /// The steps of all checkpoints, in order.
    package func steps() throws(FileError) -> [Int] {
        try SystemFile.names(in: path).compactMap { name in
            guard name.hasPrefix(Self.prefix), let step = Int(name.dropFirst(Self.prefix.count)),
                Self.name(step) == name
            else { return nil }
            return step
        }.sorted()
    }

    /// Adds a checkpoint: it is there whole, on the disk for good, or not at all.
    ///
    /// - Parameters:
    ///   - step: Completed steps.
    ///   - write: Fills the folder it is given.
    /// - Throws: `FileError` or what `write` throws; nothing is then left of it.
    package func add(_ step: Int, _ write: (String) throws -> Void) throws {
        let hidden = "\(path)/.\(Self.name(step)).partial"
        try SystemFile.removeTree(hidden)
        try SystemFile.makeFolder(hidden)
        do {
            try write(hidden)
            try SystemFile.syncFolder(hidden)
            try SystemFile.removeTree(path(step))
            try SystemFile.move(hidden, to: path(step))
        } catch {
            // The disk may be full: what was written must not stand in the way of the next try.
            try? SystemFile.removeTree(hidden)
            throw error
        }
        try SystemFile.syncFolder(path)
    }

    /// Takes a checkpoint that is no good out of the row, and keeps it for whoever wants to look.
    package func setAside(_ step: Int) throws(FileError) {
        let place = "\(path)/damaged-\(Self.name(step))"
        try SystemFile.removeTree(place)
        try SystemFile.move(path(step), to: place)
        try SystemFile.syncFolder(path)
    }

    /// Removes all checkpoints but the newest `keep` and those at multiples of `keepEvery`.
    package func prune(keep: Int, keepEvery: Int?) throws(FileError) {
        for step in Self.superfluous(try steps(), keep: keep, keepEvery: keepEvery) {
            // Renamed first: a folder that is half removed must not look like a checkpoint.
            let hidden = "\(path)/.\(Self.name(step)).removed"
            try SystemFile.removeTree(hidden)
            try SystemFile.move(path(step), to: hidden)
            try SystemFile.removeTree(hidden)
        }
    }

    static func superfluous(_ steps: [Int], keep: Int, keepEvery: Int?) -> [Int] {
        steps.dropLast(keep).filter { step in
            guard let keepEvery else { return true }
            return step % keepEvery != 0
        }
    }
}
