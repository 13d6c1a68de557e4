import FFmpeg
import Tensors
import TestSupport
import Testing

/// `weft scene` as a process.
struct SceneTests {
    private static let small = ["--frames", "3", "--size", "32x24", "--codec", "ffv1"]

    @Test func `a clip, its truth and its caption belong together`() throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let (clip, truth, caption) = (folder("a.mkv"), folder("a.safetensors"), folder("a.txt"))
        let outcome = try Program.run(
            ["scene", "-o", clip, "--truth", truth, "--caption", caption, "--seed", "3"]
                + ["--shape", "torus", "--color", "red", "--finish", "metal", "--ground", "snow"]
                + ["--light", "evening", "--objects", "1", "--fps", "25/2"] + Self.small
        )
        #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
        let sentence = "a red metal torus on snow, evening light"
        #expect(outcome.output == "\(clip): 3 frames of 32x24: \(sentence)\n")
        let text = try SystemFile.read(caption, limit: 1000)
        #expect(text == Array((sentence + "\n").utf8))
        let media = try MediaInfo.probe(clip)
        #expect(media.video.frameRate == Rational(25, 2))
        let file = try SafetensorsFile.open(truth)
        #expect(file.metadata["caption"] == sentence && file.metadata["seed"] == "3")
        let shapes = file.names.sorted().map { file.tensor(named: $0)?.shape }
        #expect(file.names.sorted() == ["depth", "flow", "masks", "visibility"])
        #expect(shapes == [[3, 24, 32], [3, 24, 32, 2], [3, 24, 32], [3, 24, 32]])
        let depth = try #require(file.tensor(named: "depth")).floats()
        #expect(depth.allSatisfy { $0 > 0.1 && $0 <= 1000 })
    }

    @Test func `the same command makes the same files`() throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        var files: [[UInt8]] = []
        for name in ["a", "b"] {
            let (clip, truth) = (folder(name + ".mkv"), folder(name + ".safetensors"))
            let outcome = try Program.run(
                ["scene", "-o", clip, "--truth", truth, "--seed", "8"] + Self.small
            )
            #expect(outcome.status == 0, "\(outcome.errors)")
            files += try [clip, truth].map { try SystemFile.read($0, limit: 1 << 24) }
        }
        #expect(files[0] == files[2] && files[1] == files[3])
    }

    @Test func `pictures of one subject are files of their own, each with its caption`() throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let output = folder("pictures")
        let command =
            ["scene", "-o", output, "--subject", "7", "--count", "3", "--seed", "100"]
            + ["--frames", "1", "--codec", "png", "--size", "32x24"]
        let first = try Program.run(command)
        #expect(first.status == 0 && first.errors.isEmpty, "\(first.errors)")
        var subjects: Set<String> = []
        for index in 0..<3 {
            let base = "\(output)/clip-0000\(index)"
            let picture = try StillImage.read(base + ".png", sideMax: 100)
            #expect((picture.width, picture.height) == (32, 24))
            let bytes = try SystemFile.read(base + ".txt", limit: 1000)
            let caption = String(decoding: bytes, as: UTF8.self)
            // Another thing may follow after a comma.
            let words = caption.split { $0 == " " || $0 == "," }
            subjects.insert(words.prefix(4).joined(separator: " "))
            let file = try SafetensorsFile.open(base + ".safetensors")
            #expect(file.metadata["subject"] == "7")
        }
        #expect(subjects.count == 1)
        let again = try Program.run(command)
        #expect(again.status == 0 && again.output.hasSuffix("clips made: 0, kept: 3\n"))
        let other = try Program.run(command.map { $0 == "7" ? "8" : $0 })
        #expect(other.status == 73)
        let long = try Program.run(command.map { $0 == "1" ? "2" : $0 })
        #expect(long.status == 64 && long.errors.contains("--frames 1"))
    }

    @Test func `a folder of clips is continued where it ended`() throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let output = folder("clips")
        func run(_ count: Int, _ more: [String] = []) throws -> Program.Outcome {
            try Program.run(
                ["scene", "-o", output, "--seed", "5", "--count", "\(count)"] + Self.small + more
            )
        }
        let first = try run(2)
        #expect(first.status == 0, "\(first.errors)")
        let names = try SystemFile.names(in: output)
        #expect(
            names
                == (0..<2).flatMap { number in
                    ["mkv", "safetensors", "txt"].map { "clip-0000\(number).\($0)" }
                }
        )
        let kept = try SystemFile.read(output + "/clip-00000.mkv", limit: 1 << 24)
        // Without its truth a clip is not complete and is made again.
        try SystemFile.delete(output + "/clip-00001.safetensors")
        let second = try run(3)
        #expect(second.output.hasSuffix("\(output): clips made: 2, kept: 1\n"), "\(second.output)")
        #expect(try SystemFile.names(in: output).count == 9)
        #expect(try SystemFile.read(output + "/clip-00000.mkv", limit: 1 << 24) == kept)
        // Clips of other settings are not taken for these.
        let third = try run(3, ["--ground", "sand"])
        #expect(third.status == 73)
        #expect(third.errors.hasSuffix("other settings; --force replaces it\n"))
        let report = try run(1, ["--ground", "sand", "--force", "--json"])
        #expect(report.status == 0, "\(report.errors)")
        guard case .object(let members) = try JSONValue.parse(Array(report.output.utf8)),
            case .array(let clips) = members["clips"], case .object(let clip) = clips.first
        else {
            Issue.record("no report in \(report.output)")
            return
        }
        #expect(clip["ground"] == .string("sand") && clip["kept"] == .bool(false))
    }

    @Test(arguments: [
        (["--size", "7x8"], "--size"), (["--frames", "0"], "--frames"),
        (["--fps", "0"], "--fps"), (["--objects", "4"], "--objects"),
        (["--shape", "dragon"], "--shape"), (["--count", "0"], "--count"),
        (["--crf", "52"], "--crf"), (["--count", "2", "--codec", "png"], "--count"),
        (["--count", "2", "--truth", "t.safetensors"], "--count"),
    ])
    func `what cannot be is wrong usage and writes nothing`(
        arguments: [String],
        option: String
    ) throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let outcome = try Program.run(["scene", "-o", folder("a.mp4")] + arguments)
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains(option), "\(outcome.errors)")
        #expect(try SystemFile.names(in: folder.path).isEmpty)
    }

    @Test func `what is there is replaced only when told so`() throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let clip = try folder.write("mine", to: "a.mkv")
        let refused = try Program.run(["scene", "-o", clip] + Self.small)
        #expect(refused.status == 73)
        #expect(refused.errors == "weft: \(clip) is there already; --force replaces it\n")
        #expect(try SystemFile.read(clip, limit: 100) == Array("mine".utf8))
        let forced = try Program.run(["scene", "-o", clip, "--force"] + Self.small)
        #expect(forced.status == 0, "\(forced.errors)")
        #expect(try MediaInfo.probe(clip).video.width == 32)
    }

    @Test func `a folder that is not there is told, and nothing is left`() throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        for output in ["missing/a.mkv", "a.xyz"] {
            let outcome = try Program.run(["scene", "-o", folder(output)] + Self.small)
            #expect(outcome.status == 73, "\(outcome.errors)")
            #expect(outcome.errors.split(separator: "\n").count == 1)
        }
        // The clip could be made, its truth not: neither is there.
        let outcome = try Program.run(
            ["scene", "-o", folder("a.mkv"), "--truth", folder("missing/t.safetensors")]
                + Self.small
        )
        #expect(outcome.status == 73, "\(outcome.errors)")
        #expect(try SystemFile.names(in: folder.path).isEmpty)
    }

    @Test func `the benchmark runs`() throws {
        let outcome = try Program.run(
            ["benchmark", "scenes", "--scenes", "2", "--frames", "1", "--side", "16", "--json"]
        )
        #expect(outcome.status == 0, "\(outcome.errors)")
        guard case .object(let members) = try JSONValue.parse(Array(outcome.output.utf8)) else {
            Issue.record("no report in \(outcome.output)")
            return
        }
        #expect(members["scenes"] == .integer(2))
    }
}
