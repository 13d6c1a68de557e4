import Glibc

/// A file that the operating system or a limit refuses.
package struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: Hashable, Sendable {
        /// The system call's `errno` and its text.
        case system(code: Int32, text: String)
        /// A folder, pipe or device where a file is needed.
        case notRegular
        /// More bytes than whoever reads it allows.
        case tooLarge(limit: Int)
    }

    package let reason: Reason
    /// What was tried: "open", "read", "write".
    package let operation: String
    package let path: String

    package init(_ reason: Reason, operation: String, path: String) {
        self.reason = reason
        self.operation = operation
        self.path = path
    }

    /// Whether there is no file of that name.
    package var isMissing: Bool {
        guard case .system(let code, _) = reason else { return false }
        return code == ENOENT || code == ENOTDIR
    }

    /// Whether the system does not let this user.
    package var isForbidden: Bool {
        guard case .system(let code, _) = reason else { return false }
        return code == EACCES || code == EPERM || code == EROFS
    }

    /// Whether there is no room for what was to be written: an expected outcome of a long run.
    package var isFull: Bool {
        guard case .system(let code, _) = reason else { return false }
        return code == ENOSPC || code == EDQUOT || code == EFBIG
    }

    package var description: String {
        switch reason {
        case .system(_, let text): "cannot \(operation) \(path): \(text)"
        case .notRegular: "cannot \(operation) \(path): it is not a regular file"
        case .tooLarge(let limit): "cannot \(operation) \(path): it has more than \(limit) bytes"
        }
    }
}
