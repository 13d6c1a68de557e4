import Glibc

/// A file that grows at its end, piece by piece, such as a log.
package final class AppendedFile {
    package let path: String
    private let descriptor: Int32
    private var byteCount: Int

    /// Opens the file, making it if it is missing.
    ///
    /// - Throws: `FileError` if it cannot be opened or made, or is no regular file.
    package init(_ path: String) throws(FileError) {
        if let status = try SystemFile.status(of: path), !status.isRegular {
            throw FileError(.notRegular, operation: "write", path: path)
        }
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw SystemFile.failure("create", path) }
        var information = stat()
        guard unsafe fstat(descriptor, &information) == 0 else {
            let error = SystemFile.failure("look at", path)
            close(descriptor)
            throw error
        }
        self.path = path
        self.descriptor = descriptor
        byteCount = Int(information.st_size)
    }

    deinit {
        close(descriptor)
    }

    /// Writes bytes after all others.
    ///
    /// - Throws: `FileError`, for instance when the disk is full; a part may then be there.
    package func append(_ bytes: [UInt8]) throws(FileError) {
        let outcome = unsafe bytes.withUnsafeBytes { buffer in
            Result { () throws(FileError) in
                try unsafe SystemFile.writeAll(buffer, to: descriptor, at: byteCount, path: path)
            }
        }
        try outcome.get()
        byteCount += bytes.count
    }

    /// Waits until all that was written is on the disk.
    ///
    /// - Throws: `FileError` if the system could not write what it had taken.
    package func synchronize() throws(FileError) {
        guard fsync(descriptor) == 0 else { throw SystemFile.failure("sync", path) }
    }
}
