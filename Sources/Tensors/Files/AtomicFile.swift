import Glibc
import Synchronization

/// A file written under a temporary name beside its place, and put there when it is complete.
///
/// If it is let go before `commit`, or `commit` fails, the temporary file is removed and what had
/// the name before stays.
package final class AtomicFile {
    /// The place the file will have.
    package let path: String
    private let folder: String
    private let temporaryPath: String
    private let descriptor: Int32
    private var isCommitted = false

    private static let sequence = Atomic<Int>(0)

    /// Creates the temporary file.
    ///
    /// - Throws: `FileError` if it cannot be created, or `path` is there and not a regular file.
    package init(replacing path: String) throws(FileError) {
        if let status = try SystemFile.status(of: path), !status.isRegular {
            throw FileError(.notRegular, operation: "write", path: path)
        }
        let slash = path.lastIndex(of: "/")
        let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
        let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        // A process killed earlier may have left a file of the same name: take the next number.
        while true {
            let number = Self.sequence.add(1, ordering: .relaxed).newValue
            let candidate = "\(folder)/.\(name).\(getpid())-\(number).partial"
            let descriptor = unsafe open(candidate, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
            if descriptor >= 0 {
                self.path = path
                self.folder = folder
                self.temporaryPath = candidate
                self.descriptor = descriptor
                return
            }
            guard errno == EEXIST || errno == EINTR else {
                throw SystemFile.failure("create", path)
            }
        }
    }

    deinit {
        close(descriptor)
        if !isCommitted { unsafe unlink(temporaryPath) }
    }

    /// Writes bytes at an offset; the file grows as needed and gaps read as zeros.
    ///
    /// - Throws: `FileError`, for instance when the disk is full.
    package func write(_ bytes: [UInt8], at offset: Int) throws(FileError) {
        // `withUnsafeBytes` rethrows untyped, so the outcome is carried out as a value.
        let outcome = unsafe bytes.withUnsafeBytes { buffer in
            Result { () throws(FileError) in try unsafe write(buffer, at: offset) }
        }
        try outcome.get()
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileError) {
        precondition(!isCommitted, "\(path) is complete")
        try unsafe SystemFile.writeAll(bytes, to: descriptor, at: offset, path: path)
    }

    /// Puts the file in its place.
    ///
    /// - Parameter isDurable: Whether to return only after it is on the disk. What can be made
    ///   again need not wait for that.
    /// - Throws: `FileError` if it cannot be synced or renamed.
    package func commit(isDurable: Bool = true) throws(FileError) {
        precondition(!isCommitted, "\(path) is complete")
        guard !isDurable || fsync(descriptor) == 0 else { throw SystemFile.failure("sync", path) }
        guard unsafe rename(temporaryPath, path) == 0 else {
            throw SystemFile.failure("replace", path)
        }
        isCommitted = true
        if isDurable { try SystemFile.synchronizeFolder(folder) }
    }
}
