import ArgumentParser
import Glibc
import Pipelines

struct WeftCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "weft",
        abstract: "A distributed render farm for video-to-video diffusion.",
        version: weftVersion,
        subcommands: [
            RenderCommand.self, SubmitCommand.self, ListCommand.self, ShowCommand.self,
            WatchCommand.self,
            CancelCommand.self, PauseCommand.self, ResumeCommand.self, RetryCommand.self,
            WorkersCommand.self, KeysCommand.self, CoordinatorCommand.self,
            WorkerDaemonCommand.self,
            PlanCommand.self, SampleCommand.self, StitchCommand.self, ModelCommand.self,
            SceneCommand.self, EvaluateCommand.self, TrainCommand.self, BenchmarkCommand.self,
            DoctorCommand.self,
            WorkerRunnerCommand.self,
            SimulateCommand.self,
        ]
    )
}

@main
enum Weft {
    static func main() async {
        do {
            var command = try WeftCommand.parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            guard let failure = Failure(error) else { WeftCommand.exit(withError: error) }
            writeToStandardError("weft: \(failure.message)\n")
            exit(failure.status.rawValue)
        }
    }
}

/// From here on, a reader of standard output or standard error that leaves ends nothing.
///
/// For commands whose work is more than what they print; all others are ended by it.
func outliveReaders() { signal(SIGPIPE, SIG_IGN) }

/// Writes a message for a person to standard error.
func writeToStandardError(_ text: String) {
    writeText(text, to: STDERR_FILENO)
}

/// Writes all of a text, or as much as the other side takes.
func writeText(_ text: String, to descriptor: Int32) {
    let bytes = Array(text.utf8)
    var start = 0
    while start < bytes.count {
        let written = unsafe bytes[start...].withUnsafeBytes { slice in
            unsafe write(descriptor, slice.baseAddress, slice.count)
        }
        if written < 0, errno == EINTR { continue }
        guard written > 0 else { return }
        start += written
    }
}

/// Whether this process may do that with a file.
func isAccessible(_ path: String, _ mode: Int32) -> Bool { unsafe access(path, mode) == 0 }

/// A descriptor for appending to a file that only this user may read, or -1.
func openToAppend(_ path: String) -> Int32 {
    unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
}
