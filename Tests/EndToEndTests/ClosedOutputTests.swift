import Foundation
import TestSupport
import Testing

/// What happens when whoever reads a command's output leaves.
struct ClosedOutputTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    /// Runs `weft` with both outputs into a pipe whose reader leaves at once.
    ///
    /// - Returns: Its status, as a shell has it.
    private func status(_ arguments: [String]) throws -> String {
        let script = #"file=$1; shift; { sleep 0.3; "$@"; echo $? >"$file"; } 2>&1 | true"#
        let variables = ["TMPDIR=\(folder.path)"]
        let outcome = try Program.run(
            variables + ["/bin/sh", "-c", script, "sh", folder("status"), Program.path] + arguments,
            program: "/usr/bin/env",
            seconds: 240
        )
        #expect(outcome.status == 0 && outcome.output.isEmpty, "\(outcome.errors)")
        let text = try String(contentsOfFile: folder("status"), encoding: .utf8)
        return text.trimmingCharacters(in: .newlines)
    }

    @Test func `a render with a farm of its own is finished, and nothing is left behind`() throws {
        let clip = try folder.write(
            SyntheticMedia.movingSquare(width: 64, height: 64, frames: 4),
            to: "clip.y4m"
        )
        let made = try Program.run(["model", "create", "tiny", "--output", folder("model")])
        try #require(made.status == 0, "\(made.errors)")
        let ended = try status(
            ["render", clip, "-o", folder("out.mkv"), "--model", folder("model"), "--threads", "1"]
                + ["--prompt", "a red frog", "--steps", "2", "--size", "64x64", "--codec", "ffv1"]
        )
        #expect(ended == "0")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(names.sorted() == ["clip.y4m", "model", "out.mkv", "status"])
    }

    /// 141 is a shell's status for a process that SIGPIPE ended.
    @Test func `a command that only prints ends with its reader`() throws {
        #expect(try status(["plan", "--frames", "20000"]) == "141")
    }
}
