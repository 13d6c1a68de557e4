import Glibc

/// Keeps a file to one process as long as the value lives; a process that is killed lets go too.
package final class FileLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock, making the file if it is missing; nil if another process has it.
    ///
    /// - Throws: `FileError` if the file cannot be opened or locked at all.
    package init?(_ path: String) throws(FileError) {
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemFile.failure("open", path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let error = SystemFile.failure("lock", path)
            let isTaken = errno == EWOULDBLOCK
            close(descriptor)
            if isTaken { return nil }
            throw error
        }
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }
}
