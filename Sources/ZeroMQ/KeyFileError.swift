import Glibc

/// A key file that cannot be used, or a folder of them.
package struct KeyFileError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: Hashable, Sendable {
        /// The system's error number, and what was tried, such as `read`.
        case system(Int32, operation: String)
        /// A secret that others than its owner can reach, by its mode.
        case tooOpen(mode: UInt32)
        /// A folder in which others than its owner can enrol.
        case writable(mode: UInt32)
        /// Not one key in Z85.
        case malformed
        /// There is a secret key already, and it is never replaced.
        case alreadyThere
    }

    package let path: String
    package let reason: Reason

    package var isMissing: Bool {
        guard case .system(ENOENT, _) = reason else { return false }
        return true
    }

    package var description: String {
        switch reason {
        case .system(let number, let operation):
            "\(operation) \(path): \(unsafe String(cString: strerror(number)))"
        case .tooOpen(let mode):
            "\(path): a secret key with mode \(octal(mode)), expected 0400: others can read it"
        case .writable(let mode):
            "\(path): a folder with mode \(octal(mode)), expected 0700 or 0755: others can enrol"
        case .malformed:
            "\(path): expected a key of 40 letters of Z85 and nothing else"
        case .alreadyThere:
            "\(path): a secret key is there already; remove it first to make another"
        }
    }

    private func octal(_ mode: UInt32) -> String {
        let digits = String(mode, radix: 8)
        return String(repeating: "0", count: max(4 - digits.count, 0)) + digits
    }
}
