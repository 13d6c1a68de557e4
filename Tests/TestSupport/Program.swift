import Foundation
import Tensors

/// The `weft` executable that was built with these tests, run as a process of its own.
package enum Program {
    /// What a run left behind.
    package struct Outcome: Sendable {
        /// Exit status; minus the signal's number if one ended it.
        package let status: Int32
        package let output: String
        package let errors: String
    }

    package struct Failure: Error, CustomStringConvertible {
        package let description: String

        package init(_ description: String) {
            self.description = description
        }
    }

    /// Beside the bundle of the tests, in the same configuration.
    package static let path: String = {
        // The test runner's own path is that of the toolchain; the bundle is in its arguments.
        let bundles =
            CommandLine.arguments + [Bundle.main.bundlePath, Bundle.main.executablePath ?? ""]
        let folders = bundles.map { URL(filePath: $0).deletingLastPathComponent() }
        let candidates = (folders + [Bundle.main.bundleURL]).map { $0.appending(path: "weft").path }
        return candidates.first { FileManager.default.isExecutableFile(atPath: $0) } ?? ""
    }()

    /// Runs `weft` to its end.
    ///
    /// Output goes through files, so that no amount of it can block the program.
    ///
    /// - Parameters:
    ///   - arguments: What follows the program's name.
    ///   - seconds: Time after which it is killed.
    /// - Returns: How it ended and what it wrote.
    /// - Throws: `Failure` if it cannot be started or does not end in time.
    package static func run(_ arguments: [String], seconds: Int = 60) throws -> Outcome {
        guard !path.isEmpty else {
            throw Failure("no weft beside \(CommandLine.arguments)")
        }
        let folder = try TemporaryFolder()
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
            throw Failure("\(path): \(String(cString: strerror(spawned)))")
        }
        let status = try wait(for: child, seconds: seconds, arguments)
        return Outcome(
            status: status,
            output: try text(of: output),
            errors: try text(of: errors)
        )
    }

    /// Foundation's own reading leaks a buffer for an empty file, which the address sanitizer's run
    /// would report.
    private static func text(of path: String) throws -> String {
        let bytes = try SystemFile.read(path, limit: 1 << 28)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Failure("\(path): the output is not UTF-8")
        }
        return text
    }

    private static func wait(
        for child: pid_t,
        seconds: Int,
        _ arguments: [String]
    ) throws -> Int32 {
        let deadline = ContinuousClock.now + .seconds(seconds)
        var status: Int32 = 0
        while waitpid(child, &status, WNOHANG) == 0 {
            guard ContinuousClock.now < deadline else {
                kill(child, SIGKILL)
                waitpid(child, &status, 0)
                throw Failure("weft \(arguments) did not end in \(seconds) s")
            }
            usleep(2000)
        }
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : -signal
    }
}
