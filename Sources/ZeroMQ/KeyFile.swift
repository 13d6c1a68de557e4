import Glibc

/// Keys in files: 40 letters of Z85 and a line end.
///
/// A secret key is in a file `NAME.secret` of mode 0400, its public key beside it in `NAME.public`.
/// Secrets are never given on a command line or in the environment, which other processes can see.
package enum KeyFile {
    /// Reads the pair of a secret key's file.
    ///
    /// - Parameter path: Of mode 0400 or 0600; 0440 too where it is root's and this process is not,
    ///   as service managers hand out credentials.
    /// - Returns: The secret key and its public one.
    /// - Throws: `KeyFileError` if it is missing, open to others or not a key.
    package static func readPair(_ path: String) throws(KeyFileError) -> CurveKeyPair {
        let text = try read(path, isSecret: true)
        guard let pair = CurveKeyPair(secretZ85: text) else {
            throw KeyFileError(path: path, reason: .malformed)
        }
        return pair
    }

    /// Reads a public key's file.
    ///
    /// - Parameter path: Of any mode.
    /// - Returns: The key.
    /// - Throws: `KeyFileError` if it is missing or not a key.
    package static func readPublic(_ path: String) throws(KeyFileError) -> CurveKey {
        guard let key = CurveKey(z85: try read(path, isSecret: false)) else {
            throw KeyFileError(path: path, reason: .malformed)
        }
        return key
    }

    /// Keeps a pair: the secret key at `path`, the public one at `publicPath(of: path)`.
    ///
    /// - Parameters:
    ///   - pair: What to keep.
    ///   - path: Where no file is yet.
    /// - Throws: `KeyFileError` if there is a file or it cannot be written. Returns after sync.
    package static func write(_ pair: CurveKeyPair, to path: String) throws(KeyFileError) {
        try write(pair.secretZ85, to: path, mode: 0o400, replaces: false)
        try write(pair.publicKey, to: publicPath(of: path))
    }

    /// Keeps a public key, in the place of another if there is one.
    ///
    /// - Parameters:
    ///   - key: What to keep.
    ///   - path: Its file.
    /// - Throws: `KeyFileError` if it cannot be written. Returns after sync.
    package static func write(_ key: CurveKey, to path: String) throws(KeyFileError) {
        try write(key.z85, to: path, mode: 0o644, replaces: true)
    }

    /// Where the public key of a secret key's file is: `a.public` for `a.secret` and for `a`.
    package static func publicPath(of path: String) -> String {
        let isNamed = path.hasSuffix(".secret")
        return (isNamed ? String(path.dropLast(".secret".count)) : path) + ".public"
    }

    private static func read(_ path: String, isSecret: Bool) throws(KeyFileError) -> String {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw system(path, "read") }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw system(path, "read") }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw KeyFileError(path: path, reason: .malformed)
        }
        let mode = status.st_mode & 0o7777
        let isCredential = mode & 0o037 == 0 && status.st_uid == 0 && geteuid() != 0
        guard !isSecret || mode & 0o077 == 0 || isCredential else {
            throw KeyFileError(path: path, reason: .tooOpen(mode: mode))
        }
        var bytes = [UInt8](repeating: 0, count: CurveKey.letterCount + 3)
        let count = unsafe Glibc.read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw system(path, "read") }
        var text = bytes.prefix(count)
        if text.last == UInt8(ascii: "\n") { text.removeLast() }
        if text.last == UInt8(ascii: "\r") { text.removeLast() }
        return String(decoding: text, as: UTF8.self)
    }

    /// By a temporary name, synced, so that the name never stands for half a key.
    private static func write(
        _ letters: String,
        to path: String,
        mode: mode_t,
        replaces: Bool
    ) throws(KeyFileError) {
        let temporary = "\(path).\(getpid()).new"
        let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw system(path, "create") }
        // After a rename there is nothing left to remove.
        defer { _ = unsafe unlink(temporary) }
        let bytes = Array(letters.utf8) + [UInt8(ascii: "\n")]
        let isWritten = unsafe Glibc.write(descriptor, bytes, bytes.count) == bytes.count
        let isSynced = isWritten && fsync(descriptor) == 0
        let failure = system(path, "write")
        close(descriptor)
        guard isSynced else { throw failure }
        // A link, unlike a rename, fails where a file is.
        let isNamed = unsafe (replaces ? rename(temporary, path) : link(temporary, path)) == 0
        guard isNamed else {
            if errno == EEXIST { throw KeyFileError(path: path, reason: .alreadyThere) }
            throw system(path, "create")
        }
        try KeyFolder.sync(above: path)
    }

    static func system(_ path: String, _ operation: String) -> KeyFileError {
        KeyFileError(path: path, reason: .system(errno, operation: operation))
    }
}
