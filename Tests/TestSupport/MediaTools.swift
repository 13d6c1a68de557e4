import Foundation

/// What tests of media may use when it is there: the ffmpeg tool, and clips of a camera.
package enum MediaTools {
    /// Whether the `ffmpeg` and `ffprobe` tools are installed.
    package static let areInstalled = find("ffmpeg") != nil && find("ffprobe") != nil

    /// A clip of the folder that `WEFT_CLIPS` names, or of `../shared/clips` beside the package;
    /// nil if it is not there.
    package static func clip(_ name: String) -> String? {
        let environment = ProcessInfo.processInfo.environment["WEFT_CLIPS"]
        var package = URL(filePath: #filePath)
        for _ in 0..<3 { package.deleteLastPathComponent() }
        // A worktree may lie one folder deeper than the checkout.
        let folders =
            environment.map { [URL(filePath: $0)] }
            ?? ["../shared/clips", "../../shared/clips"].map { package.appending(path: $0) }
        return folders.map { $0.appending(path: name).standardizedFileURL.path }
            .first { FileManager.default.fileExists(atPath: $0) }
    }

    /// Runs the `ffmpeg` tool to its end.
    ///
    /// - Parameter arguments: Without the ones for quiet.
    /// - Throws: `Program.Failure` if it fails.
    package static func ffmpeg(_ arguments: String...) throws {
        try ffmpeg(arguments)
    }

    package static func ffmpeg(_ arguments: [String]) throws {
        _ = try run("ffmpeg", ["-v", "error", "-nostdin", "-y"] + arguments)
    }

    /// What `ffprobe` prints, without the space around.
    ///
    /// - Parameter arguments: Without the ones for quiet.
    /// - Returns: Its lines.
    /// - Throws: `Program.Failure` if it fails.
    package static func ffprobe(_ arguments: String...) throws -> [String] {
        let bytes = try run("ffprobe", ["-v", "error", "-of", "csv=p=0"] + arguments)
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// The bytes of all pictures of a file in RGB, by the `ffmpeg` tool.
    package static func pixels(_ path: String, filter: String = "null") throws -> [UInt8] {
        let arguments = ["-i", path, "-vf", filter, "-vsync", "0", "-f", "rawvideo"]
        let quiet = ["-v", "error", "-nostdin"]
        return try run("ffmpeg", quiet + arguments + ["-pix_fmt", "rgb24", "-"])
    }

    private static func find(_ tool: String) -> String? {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        return path.split(separator: ":").map { "\($0)/\(tool)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    private static func run(_ tool: String, _ arguments: [String]) throws -> [UInt8] {
        guard let executable = find(tool) else { throw Program.Failure("no \(tool)") }
        // Through a file, so that no amount of output can block the tool.
        let folder = try TemporaryFolder()
        let output = try folder.write("", to: "output")
        let process = Process()
        process.executableURL = URL(filePath: executable)
        process.arguments = arguments
        process.standardOutput = try FileHandle(forWritingTo: URL(filePath: output))
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Program.Failure("\(tool) \(arguments): \(process.terminationStatus)")
        }
        return [UInt8](try Data(contentsOf: URL(filePath: output)))
    }
}
