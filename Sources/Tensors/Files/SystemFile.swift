import Glibc

/// The system calls on files, with interruptions and short transfers dealt with.
package enum SystemFile {
    /// A file's size, kind and age.
    package struct Status: Hashable, Sendable {
        package let byteCount: Int
        /// When its contents were last changed: nanoseconds of the system's clock.
        package let modified: Int64
        package let isRegular: Bool
        package let isFolder: Bool
    }

    /// What is at `path`, links followed, or nil if there is nothing.
    ///
    /// - Throws: `FileError` if the system does not say.
    package static func status(of path: String) throws(FileError) -> Status? {
        var information = stat()
        guard unsafe stat(path, &information) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw failure("look at", path)
        }
        return Status(information)
    }

    /// The names in a folder, sorted, without `.` and `..`.
    ///
    /// - Throws: `FileError` if it is missing, no folder, or not readable.
    package static func names(in folder: String) throws(FileError) -> [String] {
        guard let stream = unsafe opendir(folder) else { throw failure("list", folder) }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        errno = 0
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
                    unsafe String(cString: $0)
                }
            }
            if name != "." && name != ".." { names.append(name) }
            errno = 0
        }
        guard errno == 0 else { throw failure("list", folder) }
        return names.sorted()
    }

    /// Makes a folder unless it is already there; its parent must be.
    ///
    /// - Throws: `FileError` if it cannot be made or something else has the name.
    package static func makeFolder(_ path: String) throws(FileError) {
        if unsafe mkdir(path, 0o777) == 0 { return }
        let error = failure("make the folder", path)
        guard errno == EEXIST, let status = try status(of: path), status.isFolder else {
            throw error
        }
    }

    /// What a symbolic link holds.
    ///
    /// - Throws: `FileError` if there is no link, or none that holds as little as a path may have.
    package static func target(ofLink path: String) throws(FileError) -> String {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = unsafe readlink(path, &bytes, bytes.count)
        guard count >= 0 else { throw failure("read the link", path) }
        guard count < bytes.count else {
            errno = ENAMETOOLONG
            throw failure("read the link", path)
        }
        return String(decoding: bytes[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Removes files and then the folder they were in, after a failure that is reported already:
    /// what cannot be removed stays.
    package static func discard(folder: String, files: [String]) {
        for file in files { unsafe unlink("\(folder)/\(file)") }
        unsafe rmdir(folder)
    }

    /// All bytes of a small file.
    ///
    /// - Parameters:
    ///   - path: A regular file.
    ///   - limit: The most bytes it may have.
    /// - Returns: Its bytes.
    /// - Throws: `FileError` if it is missing, not regular, not readable or larger.
    package static func read(_ path: String, limit: Int) throws(FileError) -> [UInt8] {
        let (descriptor, status) = try openForReading(path)
        defer { close(descriptor) }
        guard status.byteCount <= limit else {
            throw FileError(.tooLarge(limit: limit), operation: "read", path: path)
        }
        // One byte more than the size: the file may grow meanwhile, and the loop sees its end.
        var bytes = [UInt8](repeating: 0, count: status.byteCount + 1)
        var filled = 0
        while true {
            if filled == bytes.count {
                guard filled <= limit else {
                    throw FileError(.tooLarge(limit: limit), operation: "read", path: path)
                }
                bytes += [UInt8](repeating: 0, count: max(4096, bytes.count))
            }
            let count = unsafe bytes.withUnsafeMutableBytes { buffer in
                let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
                return unsafe Glibc.read(descriptor, rest.baseAddress, rest.count)
            }
            if count == 0 { break }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw failure("read", path)
            }
            filled += count
        }
        guard filled <= limit else {
            throw FileError(.tooLarge(limit: limit), operation: "read", path: path)
        }
        bytes.removeLast(bytes.count - filled)
        return bytes
    }

    /// Replaces `path` by `bytes`: whoever looks sees the old contents or the new, never a part.
    ///
    /// - Throws: `FileError` if it cannot be written; what was there then stays.
    package static func writeAtomically(_ bytes: [UInt8], to path: String) throws(FileError) {
        let file = try AtomicFile(replacing: path)
        try file.write(bytes, at: 0)
        try file.commit()
    }

    /// Opens a regular file; a pipe or device is refused without waiting for its other end.
    static func openForReading(
        _ path: String
    ) throws(FileError) -> (descriptor: Int32, status: Status) {
        var descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        while descriptor < 0, errno == EINTR {
            descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        }
        guard descriptor >= 0 else { throw failure("open", path) }
        var information = stat()
        guard unsafe fstat(descriptor, &information) == 0 else {
            let error = failure("look at", path)
            close(descriptor)
            throw error
        }
        let status = Status(information)
        guard status.isRegular else {
            close(descriptor)
            throw FileError(.notRegular, operation: "open", path: path)
        }
        return (descriptor, status)
    }

    /// Writes all of `bytes` at `offset`.
    static func writeAll(
        _ bytes: UnsafeRawBufferPointer,
        to descriptor: Int32,
        at offset: Int,
        path: String
    ) throws(FileError) {
        var written = 0
        while written < bytes.count {
            let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[written...])
            let count = unsafe pwrite(descriptor, rest.baseAddress, rest.count, offset + written)
            guard count >= 0 else {
                if errno == EINTR { continue }
                throw failure("write", path)
            }
            written += count
        }
    }

    /// Waits until a folder's entries are on the disk.
    static func synchronizeFolder(_ path: String) throws(FileError) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_DIRECTORY)
        guard descriptor >= 0 else { throw failure("open", path) }
        defer { close(descriptor) }
        // Some network file systems refuse to sync folders and need no such call.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw failure("sync", path) }
    }

    /// The error of the system call that has just failed.
    static func failure(_ operation: String, _ path: String) -> FileError {
        let code = errno
        let text = unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
        return FileError(.system(code: code, text: text), operation: operation, path: path)
    }
}

extension SystemFile.Status {
    fileprivate init(_ information: stat) {
        byteCount = Int(information.st_size)
        let time = information.st_mtim
        modified = Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
        isRegular = information.st_mode & S_IFMT == S_IFREG
        isFolder = information.st_mode & S_IFMT == S_IFDIR
    }
}
