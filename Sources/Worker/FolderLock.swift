import Glibc
import Tensors

/// Keeps other workers out of a folder for as long as it lives, and not a moment longer: the system
/// takes the lock from a process that ends, however it ends.
package final class FolderLock {
    private let descriptor: Int32

    /// Makes the folder if it is missing, and locks it.
    ///
    /// - Throws: `FileError` if the system refuses, `WorkerError` if another worker has it.
    package init(_ folder: String) throws {
        try SystemFile.makeFolder(folder)
        let path = "\(folder)/LOCK"
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError.system(errno, "open", path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            close(descriptor)
            guard code == EWOULDBLOCK else { throw FileError.system(code, "lock", path) }
            throw WorkerError(.configuration, "\(folder): another worker uses this folder")
        }
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }
}
