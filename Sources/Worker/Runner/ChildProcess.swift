import Glibc
import Synchronization
import Tensors

/// A child process that is spoken to through its standard input and answers on its descriptor 3.
///
/// It writes messages for people to this process's standard error. It leads a process group, so
/// that what it started ends with it, and the signals that batch systems send to every process of a
/// job do not reach it: when it ends is its parent's decision.
@safe final class ChildProcess {
    /// Readable when the child answered, or ended.
    let replies: Int32
    let processID: pid_t
    private let input: Int32
    /// What the pipe had no room for.
    private var unsent: [UInt8] = []
    private var end: ChildEnd?

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - path: The executable's file.
    ///   - arguments: What follows the program's name.
    /// - Throws: `FileError` if the system does not start it.
    init(_ path: String, _ arguments: [String]) throws(FileError) {
        let parts = try Self.starting.withLock { _ in
            Result { () throws(FileError) in try Self.start(path, arguments) }
        }.get()
        (processID, input, replies) = parts
        for descriptor in [input, replies] {
            _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        }
    }

    /// One start at a time: a child that is started between the making of a pipe and its marking as
    /// private would inherit it, and the pipe's other end would never see its end.
    private static let starting = Mutex(())

    deinit {
        close(input)
        close(replies)
        if end == nil {
            kill()
            _ = reap(options: 0)
        }
    }

    /// Sends bytes, now or with later calls of `flush` as the child reads.
    func write(_ bytes: [UInt8]) {
        unsent += bytes
        flush()
    }

    /// Bytes that the child has not taken yet.
    var unsentCount: Int { unsent.count }

    /// Sends what waits, as far as there is room.
    func flush() {
        while !unsent.isEmpty {
            let count = unsafe unsent.withUnsafeBytes { bytes in
                unsafe Glibc.write(input, bytes.baseAddress, bytes.count)
            }
            if count < 0, errno == EINTR { continue }
            // A child that does not read any more is dead or will be found hanging.
            guard count > 0 else { return }
            unsent.removeFirst(count)
        }
    }

    /// What the child has answered since the last call.
    enum Answers {
        case bytes([UInt8])
        case nothing
        /// It has closed its end.
        case end
    }

    func read() -> Answers {
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = unsafe Glibc.read(replies, &chunk, chunk.count)
            if count > 0 { return .bytes(Array(chunk[..<count])) }
            if count == 0 { return .end }
            if errno == EINTR { continue }
            return errno == EAGAIN ? .nothing : .end
        }
    }

    /// Ends the child and what it has started, at once.
    func kill() {
        guard end == nil else { return }
        // The group is made before the program runs, but maybe not before this.
        _ = Glibc.kill(-processID, SIGKILL)
        _ = Glibc.kill(processID, SIGKILL)
    }

    /// How the child ended; nil while it runs.
    func status() -> ChildEnd? { end ?? reap(options: WNOHANG) }

    private func reap(options: Int32) -> ChildEnd? {
        var status: Int32 = 0
        while true {
            let reaped = unsafe waitpid(processID, &status, options)
            if reaped < 0, errno == EINTR { continue }
            guard reaped != 0 else { return nil }
            let signal = status & 0x7F
            end = signal == 0 ? .exited((status >> 8) & 0xFF) : .killed(signal)
            return end
        }
    }

    private static func start(
        _ path: String,
        _ arguments: [String]
    ) throws(FileError) -> (processID: pid_t, input: Int32, replies: Int32) {
        let requests = try Pipe()
        defer { close(requests.reader) }
        let answers: Pipe
        let child: pid_t
        do {
            answers = try Pipe()
        } catch {
            close(requests.writer)
            throw error
        }
        defer { close(answers.writer) }
        do {
            child = try spawn(path, arguments, requests.reader, answers.writer)
        } catch {
            close(requests.writer)
            close(answers.reader)
            throw error
        }
        return (child, requests.writer, answers.reader)
    }

    private static func spawn(
        _ path: String,
        _ arguments: [String],
        _ input: Int32,
        _ output: Int32
    ) throws(FileError) -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, input, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, 2, 1)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, 3)
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        for signal in [SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2] {
            unsafe sigaddset(&signals, signal)
        }
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        unsafe posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP
        unsafe posix_spawnattr_setflags(&attributes, Int16(flags))
        var words = unsafe ([path] + arguments).map { unsafe strdup($0) }
        defer { while let word = unsafe words.popLast() { unsafe free(word) } }
        var child: pid_t = 0
        let failed = unsafe posix_spawn(
            &child,
            path,
            &actions,
            &attributes,
            words + [nil],
            environ
        )
        guard failed == 0 else {
            throw FileError.system(failed, "start", path)
        }
        return child
    }
}

/// How a child process ended.
enum ChildEnd: Hashable, Sendable, CustomStringConvertible {
    case exited(Int32)
    case killed(Int32)

    var description: String {
        switch self {
        case .exited(let status): "it ended with status \(status)"
        case .killed(let signal): "signal \(signal) ended it"
        }
    }
}

/// Two descriptors that no other child inherits, above those that `spawn` gives new meanings to.
private struct Pipe {
    let reader: Int32
    let writer: Int32

    init() throws(FileError) {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else {
            throw FileError.system(errno, "open", "pipe")
        }
        reader = Self.above(ends[0])
        writer = Self.above(ends[1])
    }

    private static func above(_ descriptor: Int32) -> Int32 {
        let moved = descriptor < 4 ? fcntl(descriptor, F_DUPFD_CLOEXEC, 4) : descriptor
        _ = fcntl(moved, F_SETFD, FD_CLOEXEC)
        if moved != descriptor { close(descriptor) }
        return moved
    }
}

extension FileError {
    /// The error of a system call by its number.
    static func system(_ code: Int32, _ operation: String, _ path: String) -> FileError {
        let text = unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
        return FileError(.system(code: code, text: text), operation: operation, path: path)
    }
}
