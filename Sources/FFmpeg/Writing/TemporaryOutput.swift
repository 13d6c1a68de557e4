import CFFmpeg
import Glibc
import Synchronization

/// A file or folder under a hidden name beside its place, put there when it is complete.
///
/// What is not committed is removed when the value goes; what had the name before stays. What a
/// killed process left is removed by the next that writes to the same place: while a process lives
/// it holds a lock on its own.
@safe final class TemporaryOutput {
    /// The place it will have.
    let path: String
    /// Where it is until then; ends as the place does, since containers go by the name's end.
    let temporaryPath: String
    private let folder: String
    private let isFolder: Bool
    /// Open for the whole life, for the lock.
    private let descriptor: Int32
    private var isCommitted = false

    private static let sequence = Atomic<Int>(0)

    /// Creates the file or folder.
    ///
    /// - Parameters:
    ///   - path: Its place.
    ///   - isFolder: Whether to make a folder.
    /// - Throws: `FFmpegError` if it cannot be made, or something that it cannot replace is there.
    init(replacing path: String, isFolder: Bool = false) throws(FFmpegError) {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        try Self.checkReplaceable(path, isFolder: isFolder)
        let slash = path.lastIndex(of: "/")
        let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
        let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let dot = name.lastIndex(of: ".").flatMap { $0 > name.startIndex ? $0 : nil }
        let stem = dot.map { String(name[..<$0]) } ?? name
        let ending = dot.map { String(name[$0...]) } ?? ""
        Self.removeAbandoned(in: folder, stem: ".\(stem).", ending: ending)
        // A process of another machine may have one of the same name: take the next number.
        while true {
            let number = Self.sequence.add(1, ordering: .relaxed).newValue
            let candidate = "\(folder)/.\(stem).\(getpid())-\(number)\(ending)"
            if let descriptor = Self.create(candidate, isFolder: isFolder) {
                self.path = path
                self.folder = folder
                self.isFolder = isFolder
                self.descriptor = descriptor
                temporaryPath = candidate
                return
            }
            guard errno == EEXIST || errno == EINTR else { throw Self.failure("create", path) }
        }
    }

    deinit {
        close(descriptor)
        if !isCommitted { Self.remove(temporaryPath) }
    }

    /// Syncs it, gives it its name, and syncs the folder.
    ///
    /// - Throws: `FFmpegError` if the system refuses; then it is removed.
    func commit() throws(FFmpegError) {
        precondition(!isCommitted, "\(path) is complete")
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw Self.failure("sync", path) }
        // A folder takes the place of an empty one only: the pictures before go first.
        if isFolder { Self.remove(path) }
        guard unsafe rename(temporaryPath, path) == 0 else { throw Self.failure("write", path) }
        isCommitted = true
        try Self.synchronize(folder, for: path)
    }

    /// Makes the file or folder and locks it; nil with `errno` if it cannot.
    private static func create(_ path: String, isFolder: Bool) -> Int32? {
        if isFolder, unsafe mkdir(path, 0o777) != 0 { return nil }
        let flags = isFolder ? O_RDONLY | O_DIRECTORY : O_RDWR | O_CREAT | O_EXCL
        let descriptor = unsafe open(path, flags | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { return nil }
        // Where there are no locks nothing is taken for abandoned either.
        flock(descriptor, LOCK_EX | LOCK_NB)
        var information = stat()
        // Between its creation and its lock another may have taken it for abandoned.
        guard unsafe fstat(descriptor, &information) == 0, information.st_nlink > 0 else {
            close(descriptor)
            errno = EEXIST
            return nil
        }
        return descriptor
    }

    /// Removes hidden files of a place whose writers are gone.
    private static func removeAbandoned(in folder: String, stem: String, ending: String) {
        for name in (try? names(in: folder)) ?? [] {
            guard name.hasPrefix(stem), name.hasSuffix(ending) else { continue }
            let middle = name.dropFirst(stem.count).dropLast(ending.count)
            let parts = middle.split(separator: "-", omittingEmptySubsequences: false)
            guard parts.count == 2, parts.allSatisfy({ Int($0) != nil }) else { continue }
            let descriptor = unsafe open("\(folder)/\(name)", O_RDONLY | O_CLOEXEC | O_NONBLOCK)
            guard descriptor >= 0 else { continue }
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { remove("\(folder)/\(name)") }
            close(descriptor)
        }
    }

    /// Removes a file, or a folder with the files in it, as far as the system lets.
    private static func remove(_ path: String) {
        if unsafe unlink(path) == 0 { return }
        for name in (try? names(in: path)) ?? [] { unsafe unlink("\(path)/\(name)") }
        unsafe rmdir(path)
    }

    /// Waits until a file or folder is on the disk.
    static func synchronize(_ file: String, for path: String) throws(FFmpegError) {
        let descriptor = unsafe open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("sync", path) }
        defer { close(descriptor) }
        // Some network file systems refuse to sync folders and need no such call.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw failure("sync", path) }
    }

    /// The names in a folder, without `.` and `..`.
    static func names(in folder: String) throws(FFmpegError) -> [String] {
        guard let stream = unsafe opendir(folder) else { throw failure("list", folder) }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
                    unsafe String(cString: $0)
                }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    /// The error of the system call that has just failed.
    static func failure(_ operation: String, _ path: String) -> FFmpegError {
        FFmpegError(.library(weft_averror(errno)), operation: operation, file: path)
    }

    private static func checkReplaceable(_ path: String, isFolder: Bool) throws(FFmpegError) {
        var information = stat()
        guard unsafe stat(path, &information) == 0 else { return }
        let kind = information.st_mode & S_IFMT
        let reason: String
        if isFolder {
            guard kind == S_IFDIR else {
                reason = "it is there and not a folder"
                throw FFmpegError(.invalid(reason: reason), operation: "write", file: path)
            }
            // Pictures of an earlier run are an output like a file is.
            if try names(in: path).allSatisfy(isPicture) { return }
            reason = "the folder is there and holds other things than numbered pictures"
        } else {
            if kind == S_IFREG { return }
            reason = "it is there and not a regular file"
        }
        throw FFmpegError(.invalid(reason: reason), operation: "write", file: path)
    }

    /// Whether a name is one that pictures of a sequence have.
    private static func isPicture(_ name: String) -> Bool {
        name.hasSuffix(".png") && name.count > 4 && name.dropLast(4).allSatisfy(\.isNumber)
    }
}
