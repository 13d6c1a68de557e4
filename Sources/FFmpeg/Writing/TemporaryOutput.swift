import CFFmpeg
import Glibc
import Synchronization

/// A file or folder under a hidden name beside its place, put there when it is complete.
///
/// What is not committed is removed when the value goes; what had the name before stays.
final class TemporaryOutput {
    /// The place it will have.
    let path: String
    /// Where it is until then; ends as the place does, since containers go by the name's end.
    let temporaryPath: String
    private let folder: String
    private let isFolder: Bool
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
        // A process killed earlier may have left one of the same name: take the next number.
        while true {
            let number = Self.sequence.add(1, ordering: .relaxed).newValue
            let candidate = "\(folder)/.\(stem).\(getpid())-\(number)\(ending)"
            let result =
                isFolder
                ? unsafe mkdir(candidate, 0o777)
                : unsafe open(candidate, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
            if result >= 0 {
                if !isFolder { close(result) }
                self.path = path
                self.folder = folder
                self.isFolder = isFolder
                temporaryPath = candidate
                return
            }
            guard errno == EEXIST || errno == EINTR else { throw Self.failure("create", path) }
        }
    }

    deinit {
        guard !isCommitted else { return }
        guard isFolder else {
            unsafe unlink(temporaryPath)
            return
        }
        for name in (try? Self.names(in: temporaryPath)) ?? [] {
            unsafe unlink("\(temporaryPath)/\(name)")
        }
        unsafe rmdir(temporaryPath)
    }

    /// Syncs it, gives it its name, and syncs the folder.
    ///
    /// - Throws: `FFmpegError` if the system refuses; then it is removed.
    func commit() throws(FFmpegError) {
        precondition(!isCommitted, "\(path) is complete")
        try Self.synchronize(temporaryPath, for: path)
        guard unsafe rename(temporaryPath, path) == 0 else { throw Self.failure("write", path) }
        isCommitted = true
        try Self.synchronize(folder, for: path)
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
            if try names(in: path).isEmpty { return }
            reason = "the folder is there and not empty"
        } else {
            if kind == S_IFREG { return }
            reason = "it is there and not a regular file"
        }
        throw FFmpegError(.invalid(reason: reason), operation: "write", file: path)
    }
}
