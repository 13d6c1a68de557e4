import Glibc

// Whole folders, for whoever keeps copies of a model.
extension SystemFile {
    /// How many levels of folders a copy or removal goes down before it is taken for a loop.
    private static let depthMax = 16

    /// Gives the files of a folder, and of the folders in it, a second name below another.
    ///
    /// Files are linked where the file system can, and copied where it cannot. Symbolic links are
    /// followed.
    ///
    /// - Parameters:
    ///   - folder: Where the files are.
    ///   - other: The new folder, which must not be there.
    /// - Throws: `FileError` if anything cannot be read or made.
    package static func duplicate(folder: String, to other: String) throws(FileError) {
        try duplicate(folder: folder, to: other, depth: 0)
    }

    private static func duplicate(
        folder: String,
        to other: String,
        depth: Int
    ) throws(FileError) {
        guard depth < depthMax else {
            errno = ELOOP
            throw failure("copy", folder)
        }
        guard unsafe mkdir(other, 0o777) == 0 else { throw failure("make the folder", other) }
        for name in try names(in: folder) {
            let path = "\(folder)/\(name)"
            guard let status = try status(of: path) else {
                errno = ENOENT
                throw failure("copy", path)
            }
            if status.isFolder {
                try duplicate(folder: path, to: "\(other)/\(name)", depth: depth + 1)
            } else if status.isRegular {
                try duplicate(file: path, to: "\(other)/\(name)")
            }
        }
        try synchronizeFolder(other)
    }

    /// Gives one file a second name, or makes a copy where the file system knows no links.
    package static func duplicate(file path: String, to other: String) throws(FileError) {
        if unsafe linkat(AT_FDCWD, path, AT_FDCWD, other, AT_SYMLINK_FOLLOW) == 0 { return }
        guard [EXDEV, EPERM, EMLINK, EOPNOTSUPP, ENOSYS].contains(errno) else {
            throw failure("create", other)
        }
        try copy(file: path, to: other)
    }

    /// Copies a file's bytes and syncs them; `other` must not be there.
    package static func copy(file path: String, to other: String) throws(FileError) {
        let (source, _) = try openForReading(path)
        defer { close(source) }
        let target = unsafe open(other, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard target >= 0 else { throw failure("create", other) }
        defer { close(target) }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        var offset = 0
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { bytes in
                unsafe Glibc.read(source, bytes.baseAddress, bytes.count)
            }
            if count == 0 { break }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw failure("read", path)
            }
            let outcome = unsafe buffer.withUnsafeBytes { bytes in
                Result { () throws(FileError) in
                    let part = unsafe UnsafeRawBufferPointer(rebasing: bytes[..<count])
                    try unsafe writeAll(part, to: target, at: offset, path: other)
                }
            }
            try outcome.get()
            offset += count
        }
        guard fsync(target) == 0 else { throw failure("sync", other) }
    }

    /// Removes a folder with all that is in it.
    ///
    /// What is not there is removed already. Links are removed, not what they point to.
    ///
    /// - Throws: `FileError` if the system refuses; the rest then stays.
    package static func removeTree(_ folder: String) throws(FileError) {
        try removeTree(folder, depth: 0)
    }

    private static func removeTree(_ folder: String, depth: Int) throws(FileError) {
        guard depth < depthMax else {
            errno = ELOOP
            throw failure("remove", folder)
        }
        var information = stat()
        guard unsafe lstat(folder, &information) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return }
            throw failure("look at", folder)
        }
        if information.st_mode & S_IFMT == S_IFDIR {
            for name in try names(in: folder) {
                try removeTree("\(folder)/\(name)", depth: depth + 1)
            }
        }
        try delete(folder)
    }

    /// Makes a folder and all that lead to it.
    ///
    /// - Throws: `FileError` if one cannot be made or something else has its name.
    package static func makeFolders(_ path: String) throws(FileError) {
        var made = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            made += made.isEmpty || made.hasSuffix("/") ? String(part) : "/\(part)"
            try makeFolder(made)
        }
    }

    /// Lets a symbolic link point elsewhere, making it if need be: whoever looks sees the old
    /// target or the new.
    ///
    /// - Parameters:
    ///   - path: The link; a file or folder of that name is left alone and an error.
    ///   - target: As it will stand in the link, relative to the link's folder.
    /// - Throws: `FileError` if the system refuses.
    package static func point(link path: String, at target: String) throws(FileError) {
        var information = stat()
        if unsafe lstat(path, &information) == 0, information.st_mode & S_IFMT != S_IFLNK {
            errno = EEXIST
            throw failure("create", path)
        }
        let temporary = "\(path).\(getpid()).partial"
        unsafe unlink(temporary)
        guard unsafe symlink(target, temporary) == 0 else { throw failure("create", path) }
        guard unsafe rename(temporary, path) == 0 else {
            let error = failure("replace", path)
            unsafe unlink(temporary)
            throw error
        }
    }
}
