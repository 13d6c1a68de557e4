import Coordinator
import Glibc
import Tensors

/// The worker processes of an embedded farm: started, and started again when they die.
///
/// Each has a pipe as its standard input whose other end is here and nowhere else, so that workers
/// leave with this process however it ends.
final class LocalWorkers {
    struct Command {
        var arguments: [String]
        /// Where the process writes what it has to say.
        var logPath: String
    }

    private struct Worker {
        let command: Command
        var process: pid_t?
        var pipe: Int32 = -1
        var startedAt = ContinuousClock.now
        var policy = RestartPolicy()
        var nextStart: ContinuousClock.Instant?
    }

    private var workers: [Worker]
    private let program: String

    init(_ commands: [Command], program: String = "/proc/self/exe") throws {
        self.program = program
        workers = commands.map { Worker(command: $0) }
        for index in workers.indices { try start(index) }
    }

    deinit {
        stop(within: .zero)
    }

    /// Process ids of the running ones.
    var processes: [pid_t] { workers.compactMap(\.process) }

    /// Notices deaths and starts workers again.
    ///
    /// - Throws: `Failure` when a worker has died too often to be tried again, or refuses to work.
    func tend() throws {
        let now = ContinuousClock.now
        for index in workers.indices {
            if let process = workers[index].process, let end = reap(process) {
                closePipe(index)
                workers[index].process = nil
                let ran = now - workers[index].startedAt
                switch workers[index].policy.died(end, after: ran.seconds) {
                case .restart(let pause): workers[index].nextStart = now + .seconds(pause)
                case .giveUp(let reason):
                    let said = lastWords(workers[index].command.logPath)
                    throw Failure(.unavailable, "worker \(index + 1) \(reason): \(said)")
                }
            }
            if workers[index].process == nil, let next = workers[index].nextStart, now >= next {
                try start(index)
            }
        }
    }

    /// Asks all to leave and ends those that have not after `grace`.
    func stop(within grace: Duration) {
        for process in processes { kill(process, SIGTERM) }
        let deadline = ContinuousClock.now + grace
        while !processes.isEmpty {
            for index in workers.indices {
                guard let process = workers[index].process else { continue }
                if reap(process) != nil { workers[index].process = nil }
            }
            guard ContinuousClock.now < deadline else { break }
            usleep(10_000)
        }
        for index in workers.indices {
            if let process = workers[index].process {
                kill(process, SIGKILL)
                var status: Int32 = 0
                unsafe waitpid(process, &status, 0)
                workers[index].process = nil
            }
            closePipe(index)
        }
    }

    private func closePipe(_ index: Int) {
        if workers[index].pipe >= 0 { close(workers[index].pipe) }
        workers[index].pipe = -1
    }

    private func reap(_ process: pid_t) -> ProcessEnd? {
        var status: Int32 = 0
        guard unsafe waitpid(process, &status, WNOHANG) == process else { return nil }
        let signal = status & 0x7F
        return signal == 0 ? .exited((status >> 8) & 0xFF) : .killed(signal)
    }

    private func start(_ index: Int) throws {
        let command = workers[index].command
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else {
            throw Failure(.unavailable, "a worker cannot be started: no descriptor is left")
        }
        // Other workers must not hold this one's pipe open.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        let flags = O_WRONLY | O_CREAT | O_APPEND
        unsafe posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 2, command.logPath, flags, 0o600)
        unsafe posix_spawn_file_actions_adddup2(&actions, 2, 1)
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        // A group of its own: what a keyboard interrupts is this process, which tells its workers.
        unsafe posix_spawnattr_setpgroup(&attributes, 0)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        let words = unsafe (["weft"] + command.arguments).map { unsafe strdup($0) }
        defer { for index in unsafe words.indices { unsafe free(words[index]) } }
        var process: pid_t = 0
        let failed = unsafe posix_spawn(
            &process,
            program,
            &actions,
            &attributes,
            words + [nil],
            environ
        )
        guard failed == 0 else {
            close(ends[1])
            let text = unsafe strerror(failed).map { unsafe String(cString: $0) } ?? ""
            throw Failure(.unavailable, "a worker cannot be started: \(program): \(text)")
        }
        workers[index].process = process
        workers[index].pipe = ends[1]
        workers[index].startedAt = .now
        workers[index].nextStart = nil
    }

    /// The last line of a worker's log.
    private func lastWords(_ path: String) -> String {
        let bytes = (try? SystemFile.read(path, limit: 64 << 20)) ?? []
        let line = bytes.split(separator: UInt8(ascii: "\n")).last ?? []
        return line.isEmpty ? "it said nothing" : String(decoding: line, as: UTF8.self)
    }
}
