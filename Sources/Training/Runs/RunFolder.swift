package import Models
package import Tensors

/// The folder of one run, this process's alone while the value lives.
///
///     checkpoints/step-00000500/   model folder, training.safetensors, training.json
///     model -> checkpoints/...     the newest
///     start/                       the fresh model it began with, if it began with none
///     log.csv                      a row a step
///     timing.csv                   seconds of each step: all that differs from run to run
///     validation.csv               a row a validation
///     loss.svg                     the curves
///     validation/                  pictures
package final class RunFolder {
    package let path: String
    package let shelf: CheckpointShelf
    private let lock: FileLock

    /// Takes the folder, making it if need be.
    ///
    /// - Throws: `FileError`, or `TrainingError` if another process has it.
    package init(_ path: String) throws {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        self.path = path
        try SystemFile.makeFolders(path)
        guard let lock = try FileLock("\(path)/run.lock") else {
            throw TrainingError(.inUse(folder: path))
        }
        self.lock = lock
        shelf = try CheckpointShelf("\(path)/checkpoints")
    }

    package func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

    /// A fresh model to start from, made the first time.
    ///
    /// - Returns: Its folder.
    /// - Throws: `CheckpointError` or `FileError` if it cannot be written.
    package func freshModel(_ sizes: FreshModel.Sizes, seed: UInt64) throws -> String {
        let place = self("start")
        if try SystemFile.status(of: place) != nil { return place }
        let hidden = self(".start.partial")
        try SystemFile.removeTree(hidden)
        _ = try FreshModel(sizes, seed: seed).write(to: hidden)
        try SystemFile.move(hidden, to: place)
        try SystemFile.syncFolder(path)
        return place
    }

    /// Lets `model` point to a checkpoint.
    package func pointModel(at step: Int) throws(FileError) {
        try SystemFile.point(link: self("model"), at: "checkpoints/\(CheckpointShelf.name(step))")
    }
}
