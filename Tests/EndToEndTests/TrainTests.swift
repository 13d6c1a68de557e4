import Foundation
import Tensors
import TestSupport
import Testing

/// `weft train` as a process: what signals, kills and repeated command lines do to it.
@Suite(.serialized) struct TrainTests {
    private static let steps = 200
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func arguments(_ name: String, _ more: [String] = []) -> [String] {
        [
            "train", "vae", "--config", "tiny", "--output", folder(name), "--size", "32x32",
            "--batch", "1", "--scenes", "20", "--steps", "\(Self.steps)", "--warm-up", "5",
            "--checkpoint-every", "50", "--validate-every", "100", "--threads", "1",
        ] + more
    }

    /// Completed steps, as the log has them.
    private func logged(_ name: String) -> Int {
        let text = try? String(contentsOfFile: folder("\(name)/log.csv"), encoding: .utf8)
        return max(0, (text?.split(separator: "\n").count ?? 0) - 1)
    }

    /// Starts a run, waits for a step and sends a signal.
    ///
    /// On a busy machine the run may be over before the signal comes: then it is tried again.
    private func interrupt(
        _ name: String,
        after step: Int,
        with signal: Int32
    ) throws -> Program.Outcome {
        for _ in 0..<10 {
            let before = logged(name)
            let program = try Program.start(arguments(name))
            while logged(name) < step || logged(name) == before, program.isRunning { usleep(1000) }
            program.signal(signal)
            let outcome = try program.outcome(seconds: 600)
            guard outcome.status == 0 else { return outcome }
            try FileManager.default.removeItem(atPath: folder(name))
        }
        throw Program.Failure("no signal came in time")
    }

    @discardableResult
    private func finish(_ name: String) throws -> Program.Outcome {
        let outcome = try Program.run(arguments(name), seconds: 600)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output == "\(folder(name))/model: \(Self.steps) steps\n")
        return outcome
    }

    /// All that must not depend on interruptions.
    private func expectSame(_ a: String, _ b: String) throws {
        for file in [
            "model/vae/diffusion_pytorch_model.safetensors", "model/vae/config.json",
            "model/training.safetensors", "model/training.json", "log.csv", "validation.csv",
            "loss.svg",
        ] {
            let (first, second) = (folder("\(a)/\(file)"), folder("\(b)/\(file)"))
            let bytes = try Data(contentsOf: URL(filePath: first))
            #expect(try bytes == Data(contentsOf: URL(filePath: second)), "\(file)")
            #expect(!bytes.isEmpty)
        }
    }

    @Test func `whatever stops a run, the same command ends with the same bytes`() throws {
        let whole = try finish("whole")
        #expect(!whole.errors.contains("goes on after"))
        let check = try Program.run(["model", "check", folder("whole/model")])
        #expect(check.status == 0, "\(check.output) \(check.errors)")

        for (name, signal, status) in [
            ("usr1", SIGUSR1, Int32(75)), ("int", SIGINT, 130), ("term", SIGTERM, 75),
        ] {
            let outcome = try interrupt(name, after: 60, with: signal)
            #expect(outcome.status == status, "\(outcome.errors)")
            #expect(outcome.errors.contains("of \(Self.steps); the same command continues"))
        }
        let done = logged("term")
        #expect(done >= 60 && done < Self.steps)
        let rest = try finish("term")
        #expect(rest.errors.contains("goes on after step \(done) "), "\(rest.errors)")
        try expectSame("whole", "term")

        // Twice without a word: before the first checkpoint, and between two.
        #expect(try interrupt("kill", after: 3, with: SIGKILL).status == -SIGKILL)
        #expect(try interrupt("kill", after: 60, with: SIGKILL).status == -SIGKILL)
        #expect(try finish("kill").errors.contains("goes on after step "))
        try expectSame("whole", "kill")
    }

    @Test func `the model of a run renders`() throws {
        try finish("run")
        let clip = try folder.write(
            SyntheticMedia.movingSquare(width: 32, height: 32, frames: 3, cut: 3),
            to: "clip.y4m"
        )
        let outcome = try Program.run(
            ["render", clip, "--output", folder("out.mkv"), "--model", folder("run/model")]
                + ["--prompt", "a frog", "--steps", "2", "--size", "32x32", "--codec", "ffv1"],
            seconds: 600
        )
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    @Test func `JSON is an object a line, and a dry run writes nothing`() throws {
        let outcome = try Program.run(
            arguments("json", ["--json", "--steps", "3", "--validate-every", "2"]),
            seconds: 600
        )
        #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
        var events: [String] = []
        for line in outcome.output.split(separator: "\n") {
            guard case .object(let members) = try JSONValue.parse(Array(line.utf8)),
                case .string(let event)? = members["event"]
            else {
                Issue.record("no event: \(line)")
                continue
            }
            events.append(event)
        }
        #expect(
            events == [
                "step", "step", "validation", "step", "validation", "checkpoint", "finished",
            ]
        )
        let dry = try Program.run(arguments("dry", ["--dry-run", "--json"]), seconds: 600)
        #expect(dry.status == 0, "\(dry.errors)")
        guard case .object(let report) = try JSONValue.parse(Array(dry.output.utf8)),
            case .integer(let parameters)? = report["trained_parameters"]
        else {
            Issue.record("no report: \(dry.output)")
            return
        }
        #expect(parameters > 1000 && report["steps"] == .integer(Self.steps))
        #expect(!FileManager.default.fileExists(atPath: folder("dry")))
    }

    @Test(arguments: [
        (["--config", "huge"], Int32(64), "--config"), (["--steps", "0"], 64, "--steps"),
        (["--lr", "nan"], 64, "--lr"), (["--ema", "1"], 64, "--ema"),
        (["--frames", "3"], 64, "--frames"), (["--model", "elsewhere"], 64, "--model"),
        (["--output", "/dev/null/run"], 73, "/dev/null"),
        (["--data", "/nonexistent/folder"], 64, "--scenes does nothing"),
        (["--weights", "decoder", "--divergence", "1"], 64, "--divergence does nothing"),
        (["--size", "30x30"], 64, "30"), (["--lr", "1e3", "--warm-up", "0"], 1, "must be finite"),
    ])
    func `what cannot be trained is one sentence`(
        more: [String],
        status: Int32,
        word: String
    ) throws {
        let outcome = try Program.run(arguments("run", more), seconds: 600)
        #expect(outcome.status == status, "\(outcome.errors)")
        #expect(outcome.errors.contains(word), "\(outcome.errors)")
        #expect(outcome.output.isEmpty)
    }

    @Test(arguments: [
        (["vae", "--data", "/nonexistent/folder"], Int32(66), "/nonexistent/folder"),
        (["vae", "--data", "/tmp", "--depth-share", "0.5"], 64, "--depth-share does nothing"),
        (["gen1", "--stage", "1", "--depth", "exact"], 64, "--depth does nothing"),
        (["gen1", "--stage", "2", "--depth", "estimated"], 64, "--depth does nothing"),
        (["gen1", "--stage", "1", "--stride", "2"], 64, "--stride does nothing"),
        (["gen1", "--image-share", "0", "--images", "2"], 64, "--images does nothing"),
        (["gen1", "--stage", "1", "--images", "2", "--batch", "1"], 64, "--batch does nothing"),
        (["gen1", "--cache-folder-size", "5"], 64, "--cache-folder-size does nothing"),
    ])
    func `what would do nothing is refused`(
        more: [String],
        status: Int32,
        sentence: String
    ) throws {
        let arguments = ["train"] + more + ["--config", "tiny", "--output", folder("run")]
        let outcome = try Program.run(arguments, seconds: 600)
        #expect(outcome.status == status, "\(outcome.errors)")
        #expect(outcome.errors.contains(sentence), "\(outcome.errors)")
    }

    @Test func `the decoder alone goes on from a run of both halves`() throws {
        let first = try Program.run(arguments("first", ["--steps", "3"]), seconds: 600)
        #expect(first.status == 0, "\(first.errors)")
        let arguments = [
            "train", "vae", "--weights", "decoder", "--model", folder("first/model"), "--output",
            folder("second"), "--size", "32x32", "--batch", "1", "--steps", "3",
        ]
        let second = try Program.run(arguments, seconds: 600)
        #expect(second.status == 0, "\(second.errors)")
        let configs = try ["first", "second"].map { name in
            try String(
                contentsOfFile: folder("\(name)/model/vae/config.json"),
                encoding: .utf8
            )
        }
        #expect(configs[0] == configs[1] && configs[0].contains("scaling_factor"))
        let again = try Program.run(arguments + ["--absolute", "2"], seconds: 600)
        #expect(again.status == 64 && again.errors.contains("--absolute was 1"))
    }

    @Test func `other settings and a folder in use are refused`() throws {
        let program = try Program.start(arguments("run"))
        let deadline = ContinuousClock.now + .seconds(600)
        while logged("run") < 1, program.isRunning, ContinuousClock.now < deadline { usleep(1000) }
        let second = try Program.run(arguments("run"), seconds: 600)
        #expect(second.status == 75 && second.errors.contains("another process trains"))
        program.signal(SIGTERM)
        #expect(try program.outcome(seconds: 600).status == 75)
        let other = try Program.run(arguments("run", ["--edges", "0.25"]), seconds: 600)
        #expect(other.status == 64)
        #expect(other.errors.contains("--edges was 0.5 and is now 0.25"), "\(other.errors)")
        #expect(other.errors.split(separator: "\n").count == 1)
    }
}
