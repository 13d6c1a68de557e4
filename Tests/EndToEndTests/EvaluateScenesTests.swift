import FFmpeg
import Tensors
import TestSupport
import Testing

/// `weft evaluate scenes` as a process, on a model that has learned nothing.
struct EvaluateScenesTests {
    private static let small = ["--count", "1", "--frames", "2", "--size", "32x32"]

    private let folder: TemporaryFolder
    private let model: String

    init() throws {
        folder = try TemporaryFolder()
        model = folder("model")
        let made = try Program.run(["model", "create", "tiny", "--output", model])
        #expect(made.status == 0, "\(made.errors)")
    }

    private func run(_ test: String, _ more: [String] = []) throws -> Program.Outcome {
        try Program.run(
            ["evaluate", "scenes", test, "--model", model, "--threads", "1"] + Self.small + more
        )
    }

    @Test func `a test prints its table, and writes JSON and sheets`() throws {
        let (json, pictures) = (folder("found.json"), folder("sheets"))
        let more = ["--steps", "2", "--levels", "0,7", "--json", json, "--pictures", pictures]
        let outcome = try run("structure", more)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("t_s 7") && outcome.output.contains("met: "))
        #expect(outcome.errors.contains("2/2"))
        let bytes = try SystemFile.read(json, limit: 1 << 20)
        guard case .object(let object) = try JSONValue.parse(bytes),
            case .object(let settings)? = object["settings"]
        else {
            Issue.record("no object")
            return
        }
        #expect(object["test"] == .string("structure") && object["schema"] == .integer(1))
        #expect(settings["levels"] == .array([.integer(0), .integer(7)]))
        let sheet = try StillImage.read("\(pictures)/structure-000.png", sideMax: 1000)
        #expect(sheet.width == 2 * 34 - 2 && sheet.height == 6 * 34 - 2)
        let rows = try SystemFile.read("\(pictures)/structure-000.txt", limit: 1000)
        #expect(rows.count { $0 == UInt8(ascii: "\n") } == 6)
        let again = try run("structure", more)
        #expect(again.output == outcome.output)
        #expect(try SystemFile.read(json, limit: 1 << 20) == bytes)
    }

    @Test func `options win, then what the model says, then what is usual`() throws {
        let path = "\(model)/model_index.json"
        guard case .object(var index) = try JSONValue.parse(SystemFile.read(path, limit: 1 << 20))
        else {
            Issue.record("no index")
            return
        }
        index["_weft_defaults"] = .object([
            "steps": .integer(2), "guidance": .integer(3), "window": .integer(6),
            "structure_level": .integer(1), "taper": .string("linear"),
            "prior_guidance": .integer(2),
        ])
        let changed = JSONValue.object(index).serialized()
        try SystemFile.writeAtomically(Array(changed.utf8), to: path)
        let json = folder("found.json")
        // The model is that of the environment, as in rendering.
        let arguments =
            ["evaluate", "scenes", "temporal", "--threads", "1", "--count", "1", "--frames", "8"]
            + ["--size", "32x32", "--temporal-guidance", "1", "--guidance", "2.5", "--json", json]
        let outcome = try Program.run(
            ["WEFT_MODEL=\(model)", Program.path] + arguments,
            program: "/usr/bin/env"
        )
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(
            outcome.output.contains(
                "Sampled by \(model), where a row does not say otherwise: 2 steps, guidance 2.5, "
                    + "prior guidance 2.0, omega_t 1.0, t_s 1, eta 0.0, windows of 6 frames that "
                    + "share 3, K 1, linear, shuffled noise."
            ),
            "\(outcome.output)"
        )
        guard
            case .object(let object) = try JSONValue.parse(SystemFile.read(json, limit: 1 << 20)),
            case .object(let settings)? = object["settings"]
        else {
            Issue.record("no object")
            return
        }
        #expect(settings["model"] == .string(model) && settings["steps"] == .integer(2))
        #expect(settings["guidance"] == .number(2.5) && settings["window"] == .integer(6))
        #expect(settings["taper"] == .string("linear") && settings["overlap"] == .integer(3))
    }

    @Test func `controls are a row for each value of each`() throws {
        let pictures = folder("sheets")
        let outcome = try run(
            "controls",
            [
                "--steps", "2", "--guidance", "2", "--levels", "0,7", "--omegas", "1,2",
                "--temporal-guidance", "1", "--strengths", "0.5,1", "--pictures", pictures,
            ]
        )
        #expect(outcome.status == 0, "\(outcome.errors)")
        let rows = ["t_s 0", "t_s 7", "omega 1.0", "omega 2.0", "omega_t 1.0"]
        for row in rows + ["strength 0.50", "strength 1.00"] {
            #expect(outcome.output.contains("\n\(row) "), "\(row)")
        }
        // Three rows say what the settings say anyway, so they are one rendering.
        let lines = outcome.output.split(separator: "\n")
        let same = ["t_s 0 ", "omega 2.0 ", "strength 1.00 "].map { row in
            lines.first { $0.hasPrefix(row) }?.split(separator: " ").dropFirst(2)
        }
        #expect(same[0] != nil && same[0] == same[1] && same[1] == same[2])
        let sheet = try StillImage.read("\(pictures)/controls-000.png", sideMax: 1000)
        #expect(sheet.height == 9 * 34 - 2)
    }

    @Test func `what is promised and not so is status 1 if that is asked for`() throws {
        #expect(try run("vae").status == 0)
        let checked = try run("vae", ["--check"])
        #expect(checked.status == 1 && checked.output.contains("NOT MET: scenes"))
    }

    @Test func `mistakes are one sentence and a status`() throws {
        let nothing = folder("nothing")
        let cases: [(outcome: Program.Outcome, status: Int32, words: String)] = [
            (
                try Program.run(["evaluate", "scenes", "content", "--model", nothing]), 66,
                nothing
            ),
            (
                try run("subject", ["--before", model, "--subject", "7"]), 64,
                "--model: expected the model that was fine-tuned"
            ),
            (
                try run("content", ["--window", "17"]), 64,
                "--window: the model has positions for 1 to 16 frames, found 17"
            ),
            (try run("structure", ["--levels", "0,8"]), 64, "--levels: expected 0 to 7, found 8"),
            (try run("structure", ["--levels", "a"]), 64, "--levels"),
            (
                try run("controls", ["--strengths", "0"]), 64,
                "--strengths: expected more than 0, up to 1, found 0"
            ),
            (try run("content", ["--steps", "0"]), 64, "--steps: expected 1 to 1000, found 0"),
            (
                try run("content", ["--prior-guidance", "inf"]), 64,
                "--prior-guidance: expected -1000 to 1000, found inf"
            ),
            (
                try run("temporal", ["--prior-guidance", "2", "--content", "none"]), 64,
                "--prior-guidance: the prior draws for a prompt, found --content none"
            ),
            (try run("vae", ["--size", "30x32"]), 64, "--size"),
            (try run("vae", [nothing]), 66, nothing),
            (try run("stitching"), 64, "--frames: expected more than a window of 16, found 2"),
            (
                try run("stitching", ["--frames", "20", "--overlap", "16"]), 64,
                "overlap 16: expected 0 to 15"
            ),
            (try run("temporal", ["--frames", "1"]), 64, "--frames: expected at least 2, found 1"),
            (
                try run("subject", ["--before", nothing, "--subject", "7"]), 66,
                nothing
            ),
            (try run("vae", ["--json", folder("no/such.json")]), 73, "no/such.json"),
        ]
        for (outcome, status, words) in cases {
            #expect(outcome.status == status, "\(words): \(outcome.errors)")
            #expect(outcome.errors.contains(words), "\(outcome.errors)")
            #expect(outcome.output.isEmpty)
        }
    }
}
