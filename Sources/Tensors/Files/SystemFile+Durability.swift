import Glibc

// Steps of making files durable one by one, for whoever makes many at a time; `AtomicFile` does all
// of them for one.
extension SystemFile {
    /// Makes a file with these contents and waits until they are on the disk; its name need not be.
    ///
    /// - Throws: `FileError` if the name is taken or the disk full, or with the operation "sync" if
    ///   the system could not write what it had taken.
    package static func writeSynced(_ bytes: [UInt8], to path: String) throws(FileError) {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("create", path) }
        defer { close(descriptor) }
        // `withUnsafeBytes` rethrows untyped, so the outcome is carried out as a value.
        let outcome = unsafe bytes.withUnsafeBytes { buffer in
            Result { () throws(FileError) in
                try unsafe writeAll(buffer, to: descriptor, at: 0, path: path)
            }
        }
        try outcome.get()
        guard fsync(descriptor) == 0 else { throw failure("sync", path) }
    }

    /// Gives a file another name, replacing what has it.
    ///
    /// - Throws: `FileError` if the system refuses.
    package static func move(_ path: String, to other: String) throws(FileError) {
        guard unsafe rename(path, other) == 0 else { throw failure("rename", path) }
    }

    /// Waits until the names in a folder are on the disk.
    ///
    /// - Throws: `FileError` if the system refuses.
    package static func syncFolder(_ path: String) throws(FileError) {
        try synchronizeFolder(path)
    }

    /// Removes a file, or a folder that is empty; what is not there is removed already.
    ///
    /// - Throws: `FileError` if the system refuses.
    package static func delete(_ path: String) throws(FileError) {
        guard unsafe remove(path) == 0 || errno == ENOENT || errno == ENOTDIR else {
            throw failure("remove", path)
        }
    }
}
