import ArgumentParser
import Glibc
import Pipelines

struct WeftCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "weft",
        abstract: "A distributed render farm for video-to-video diffusion.",
        version: weftVersion,
        subcommands: [
            PlanCommand.self, SampleCommand.self, StitchCommand.self, ModelCommand.self,
            BenchmarkCommand.self,
            DoctorCommand.self, WorkerRunnerCommand.self,
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

/// Writes a message for a person to standard error.
func writeToStandardError(_ text: String) {
    let bytes = Array(text.utf8)
    var start = 0
    while start < bytes.count {
        let written = unsafe bytes[start...].withUnsafeBytes { slice in
            unsafe write(STDERR_FILENO, slice.baseAddress, slice.count)
        }
        guard written > 0 else { return }
        start += written
    }
}
