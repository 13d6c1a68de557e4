import Foundation

/// A `weft` that runs; killed when the value goes, so that no test leaves one behind.
package final class RunningProgram {
    package let arguments: [String]
    package let processID: Int32
    private let folder: TemporaryFolder
    private var status: Int32?

    init(_ path: String, _ arguments: [String]) throws {
        self.arguments = arguments
        folder = try TemporaryFolder()
        let (output, errors) = (folder("output"), folder("errors"))
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let flags = O_WRONLY | O_CREAT | O_TRUNC
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, flags, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, errors, flags, 0o600)
        let strings = ([path] + arguments).map { strdup($0) }
        defer { for string in strings { free(string) } }
        var child: pid_t = 0
        let spawned = posix_spawn(&child, path, &actions, nil, strings + [nil], environ)
        guard spawned == 0 else {
            throw Program.Failure("\(path): \(String(cString: strerror(spawned)))")
        }
        processID = child
    }

    deinit {
        guard isRunning else { return }
        kill(processID, SIGKILL)
        var status: Int32 = 0
        waitpid(processID, &status, 0)
    }

    package var isRunning: Bool {
        guard status == nil else { return false }
        var found: Int32 = 0
        guard waitpid(processID, &found, WNOHANG) != 0 else { return true }
        status = found
        return false
    }

    /// Sends a signal, unless it has ended.
    package func signal(_ number: Int32) {
        if isRunning { kill(processID, number) }
    }

    /// What it wrote to standard output so far.
    package var output: String { get throws { try Program.text(of: folder("output")) } }
    /// What it wrote to standard error so far.
    package var errors: String { get throws { try Program.text(of: folder("errors")) } }

    /// Waits for its end.
    ///
    /// - Parameter seconds: Time after which it is killed.
    /// - Returns: How it ended and what it wrote.
    /// - Throws: `Program.Failure` if it does not end in time.
    package func outcome(seconds: Int = 60) throws -> Program.Outcome {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while isRunning {
            guard ContinuousClock.now < deadline else {
                kill(processID, SIGKILL)
                var status: Int32 = 0
                waitpid(processID, &status, 0)
                self.status = status
                throw Program.Failure(
                    "weft \(arguments) did not end in \(seconds) s: \(try errors.suffix(2000))"
                )
            }
            usleep(2000)
        }
        let status = status ?? 0
        let signal = status & 0x7F
        return Program.Outcome(
            status: signal == 0 ? (status >> 8) & 0xFF : -signal,
            output: try output,
            errors: try errors
        )
    }
}
