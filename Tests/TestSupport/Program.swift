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
    ///   - program: Another executable, such as a copy of `weft`.
    ///   - seconds: Time after which it is killed.
    /// - Returns: How it ended and what it wrote.
    /// - Throws: `Failure` if it cannot be started or does not end in time.
    package static func run(
        _ arguments: [String],
        program: String = path,
        seconds: Int = 60
    ) throws -> Outcome {
        try start(arguments, program: program).outcome(seconds: seconds)
    }

    /// Starts `weft` and goes on.
    ///
    /// - Parameters:
    ///   - arguments: What follows the program's name.
    ///   - program: Another executable, such as a copy of `weft`.
    /// - Returns: The process, which is killed when the value goes.
    /// - Throws: `Failure` if it cannot be started.
    package static func start(
        _ arguments: [String],
        program: String = path
    ) throws -> RunningProgram {
        guard !program.isEmpty else {
            throw Failure("no weft beside \(CommandLine.arguments)")
        }
        return try RunningProgram(program, arguments)
    }

    /// Foundation's own reading leaks a buffer for an empty file, which the address sanitizer's run
    /// would report.
    static func text(of path: String) throws -> String {
        let bytes = try SystemFile.read(path, limit: 1 << 28)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Failure("\(path): the output is not UTF-8")
        }
        return text
    }
}
