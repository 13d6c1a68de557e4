import Glibc

/// What is in a folder of public keys, and whether that has changed.
package enum KeyFolder {
    /// A file and what changes when it is written, replaced or touched.
    package struct Entry: Hashable, Sendable {
        package let name: String
        let inode: UInt64
        let bytes: Int
        let changedSeconds: Int
        let changedNanoseconds: Int
    }

    /// Lists the files of a folder that only its owner can change, by name.
    ///
    /// - Parameter path: The folder.
    /// - Returns: Names and what tells a change; not what is in the files.
    /// - Throws: `KeyFileError` if it cannot be read, or if others can write to it.
    package static func entries(_ path: String) throws(KeyFileError) -> [Entry] {
        guard let folder = unsafe opendir(path) else { throw KeyFile.system(path, "read") }
        defer { unsafe closedir(folder) }
        var status = stat()
        guard unsafe fstat(dirfd(folder), &status) == 0 else { throw KeyFile.system(path, "read") }
        guard status.st_mode & 0o022 == 0 else {
            throw KeyFileError(path: path, reason: .writable(mode: status.st_mode & 0o7777))
        }
        var entries: [Entry] = []
        while true {
            errno = 0
            guard let item = unsafe readdir(folder) else {
                guard errno == 0 else { throw KeyFile.system(path, "read") }
                break
            }
            let name = unsafe withUnsafePointer(to: &item.pointee.d_name) { pointer in
                unsafe String(
                    cString: UnsafeRawPointer(pointer).assumingMemoryBound(to: CChar.self)
                )
            }
            // Of a file that is removed this instant there is nothing to say.
            guard unsafe fstatat(dirfd(folder), name, &status, 0) == 0,
                status.st_mode & S_IFMT == S_IFREG
            else { continue }
            entries.append(
                Entry(
                    name: name,
                    inode: UInt64(status.st_ino),
                    bytes: Int(status.st_size),
                    changedSeconds: status.st_ctim.tv_sec,
                    changedNanoseconds: status.st_ctim.tv_nsec
                )
            )
        }
        return entries.sorted { $0.name < $1.name }
    }

    /// Makes a folder if there is none.
    ///
    /// - Parameters:
    ///   - path: In a folder that is there.
    ///   - mode: Such as 0700.
    /// - Throws: `KeyFileError` if it cannot be made.
    package static func create(_ path: String, mode: UInt32) throws(KeyFileError) {
        guard unsafe mkdir(path, mode) != 0 else { return try sync(above: path) }
        guard errno == EEXIST else { throw KeyFile.system(path, "create") }
    }

    /// Removes a file for good.
    ///
    /// - Parameter path: The file.
    /// - Throws: `KeyFileError` if it cannot be removed. Returns after sync.
    package static func remove(_ path: String) throws(KeyFileError) {
        guard unsafe unlink(path) == 0 else { throw KeyFile.system(path, "remove") }
        try sync(above: path)
    }

    static func sync(above path: String) throws(KeyFileError) {
        let slash = path.lastIndex(of: "/")
        let parent = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = unsafe open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw KeyFile.system(parent, "sync") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw KeyFile.system(parent, "sync") }
    }
}
