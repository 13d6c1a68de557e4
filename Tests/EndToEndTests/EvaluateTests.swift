import FFmpeg
import Tensors
import TestSupport
import Testing

/// `weft evaluate` as a process.
struct EvaluateTests {
    /// A clip of 20 frames, its truth, and a copy that is brighter.
    private struct Clips {
        let folder: TemporaryFolder
        let source: String
        let truth: String

        init() throws {
            folder = try TemporaryFolder()
            source = folder("source.mkv")
            truth = folder("truth.safetensors")
            try Self.run(
                ["scene", "-o", source, "--truth", truth, "--seed", "3", "--frames", "20"]
                    + ["--size", "48x40", "--codec", "ffv1"]
            )
        }

        static func run(_ arguments: [String]) throws {
            let outcome = try Program.run(arguments)
            guard outcome.status == 0 else {
                throw Program.Failure("weft \(arguments): \(outcome.status), \(outcome.errors)")
            }
        }

        /// The source with levels added from a frame on.
        func output(_ name: String, adding levels: Int, from first: Int) throws -> String {
            let path = folder(name)
            let reader = try FrameReader(source, FrameRequest(width: 48, height: 40))
            let unit = Rational(1, 24)
            let writer = try VideoWriter(
                path,
                VideoSettings(.ffv1, width: 48, height: 40, timeUnit: unit, frameRate: Rational(24))
            )
            var index = 0
            while let frame = try reader.next() {
                let more = index >= first ? levels : 0
                try writer.append(
                    VideoFrame(
                        time: Rational(Int64(index)) * unit,
                        duration: unit,
                        width: 48,
                        height: 40,
                        pixels: frame.pixels.map { UInt8(min(Int($0) + more, 255)) }
                    )
                )
                index += 1
            }
            _ = try writer.finish()
            return path
        }
    }

    /// A report's measures of the output, by key.
    private func measures(_ json: String) throws -> [String: Double] {
        guard case .object(let report) = try JSONValue.parse(Array(json.utf8)),
            case .object(let measures)? = report["measures"]
        else { throw Program.Failure("no measures in \(json)") }
        return measures.compactMapValues { value in
            guard case .object(let members) = value else { return nil }
            switch members["output"] {
            case .number(let number): return number
            case .integer(let number): return Double(number)
            default: return nil
            }
        }
    }

    @Test func `a video that is its source is perfect, with everything that a model tells`() throws
    {
        let clips = try Clips()
        let model = clips.folder("model")
        try Clips.run(["model", "create", "tiny", "--output", model])
        let outcome = try Program.run(
            ["evaluate", clips.source, clips.source, "--truth", clips.truth, "--model", model]
                + ["--prompt", "a cat", "--json", "--plots", clips.folder("plots")]
                + ["--window", "8", "--overlap", "4"]
        )
        #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
        let found = try measures(outcome.output)
        #expect(found["psnr"] == 100)
        #expect(found["seam_index"] == 1)
        #expect((found["frame_consistency_all_pairs"] ?? 0) > 0.5)
        #expect(found["prompt_consistency"] != nil)
        #expect(found["structure_correlation"] != nil)
        #expect(outcome.output.contains("\"model\": \"\(model)\""))
        let names = try SystemFile.names(in: clips.folder("plots"))
        #expect(
            names.sorted() == [
                "change.svg", "colour.svg", "detail.svg", "sheet.png", "slice.png", "warp.svg",
            ]
        )
    }

    @Test func `without --model the model is WEFT_MODEL, whose windows are assumed`() throws {
        let clips = try Clips()
        let model = clips.folder("model")
        try Clips.run(["model", "create", "tiny", "--output", model])
        try Self.setDefaults(#"{"window": 6, "overlap": 2}"#, of: model)
        func evaluate(_ more: [String] = []) throws -> Program.Outcome {
            try Program.run(
                ["WEFT_MODEL=\(model)", Program.path, "evaluate", clips.source, clips.source]
                    + more,
                program: "/usr/bin/env"
            )
        }
        let outcome = try evaluate()
        #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
        let lines = outcome.output.split(separator: "\n")
        #expect(lines[0].hasSuffix("windows: 5, of 6 frames that share 2, shots: 1"))
        #expect(lines[1].hasPrefix("Judged by the networks of \(model), computed by cpu-"))
        let found = try measures(evaluate(["--json"]).output)
        #expect(found["frame_consistency_consecutive"] != nil)
        #expect(try evaluate(["--window", "8"]).output.contains("of 8 frames that share 4"))
        #expect(try evaluate(["--overlap", "3"]).output.contains("of 6 frames that share 3"))
    }

    /// Makes a model say how it is sampled.
    private static func setDefaults(_ text: String, of model: String) throws {
        let path = "\(model)/model_index.json"
        guard case .object(var index) = try JSONValue.parse(SystemFile.read(path, limit: 1 << 20))
        else { throw Program.Failure("\(path) is no object") }
        index["_weft_defaults"] = try JSONValue.parse(Array(text.utf8))
        let changed = JSONValue.object(index).serialized()
        try SystemFile.writeAtomically(Array(changed.utf8), to: path)
    }

    @Test func `a step in brightness costs quality and shows as text without networks`() throws {
        let clips = try Clips()
        let model = clips.folder("model")
        try Clips.run(["model", "create", "tiny", "--output", model])
        let output = try clips.output("output.mkv", adding: 20, from: 10)
        let outcome = try Program.run(
            ["evaluate", output, clips.source, "--no-networks", "--model", model]
        )
        #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
        let lines = outcome.output.split(separator: "\n")
        #expect(
            lines[0]
                == "\(output): 20 frames of 48x40, beside \(clips.source); windows: 2, of 16 "
                + "frames that share 8, shots: 1"
        )
        #expect(!outcome.output.contains("Judged by"))
        #expect(lines.contains { $0.hasPrefix("PSNR to the source") })
        #expect(
            lines.contains {
                $0.contains("frame consistency, consecutive; ")
                    && $0.hasSuffix(": networks are left out (--no-networks)")
            }
        )
        #expect(outcome.output.contains("Windows of 16 frames that share 8 are assumed"))
        let exact = try Program.run(
            ["evaluate", output, clips.source, "--truth", clips.truth, "--json", "--no-windows"]
                + ["--no-networks"]
        )
        let found = try measures(exact.output)
        #expect((found["warp_error"] ?? 0) > 0.3, "one step of 20 levels in 19 transitions")
        #expect(found["seam_index"] == nil)
    }

    @Test func `latents and other renders are measured where they are given`() throws {
        let clips = try Clips()
        let moved = try clips.output("moved.mkv", adding: 4, from: 0)
        let reseeded = try clips.output("reseeded.mkv", adding: 20, from: 0)
        var tensors: [String: HostTensor] = [:]
        for index in 0..<2 {
            tensors["window.\(index)"] = randomTensor([16, 4, 5, 6], seed: UInt64(index))
        }
        try SafetensorsFile.write(tensors, to: clips.folder("l.safetensors"))
        let outcome = try Program.run(
            ["evaluate", clips.source, "--latents", clips.folder("l.safetensors"), "--json"]
                + ["--moved", moved, "--reseeded", reseeded, "--no-networks"]
                + ["--window", "16"]
        )
        #expect(outcome.status == 0, "\(outcome.errors)")
        let found = try measures(outcome.output)
        // Some of the picture is so bright that it cannot be brighter.
        #expect(abs((found["layout_sensitivity"] ?? 0) - 0.2) < 0.05, "\(found)")
        #expect((found["overlap_mismatch"] ?? 0) > 0.8)
        #expect((found["latent_variance_predicted"] ?? 1) < 0.85)
        #expect(found["warp_error"] == nil)
    }

    @Test func `a benchmark folder gives a table, files, and the names of what is missing`() throws
    {
        let clips = try Clips()
        let folder = clips.folder("benchmark")
        for clip in ["bear", "cat"] {
            _ = try clips.folder.write(
                "style: in oil\nobject: a dog, \"Rex\"\n",
                to: "benchmark/\(clip)/prompts.txt"
            )
            for name in ["source", "style"] {
                let bytes = try SystemFile.read(clips.source, limit: 1 << 24)
                _ = try clips.folder.write(bytes, to: "benchmark/\(clip)/\(name).mkv")
            }
        }
        _ = try clips.folder.write("no video", to: "benchmark/cat/object.mp4")
        let (json, csv) = (clips.folder("r.json"), clips.folder("r.csv"))
        let outcome = try Program.run(
            ["evaluate", "folder", folder, "--json", json, "--csv", csv, "--frames", "6"]
                + ["--window", "4", "--overlap", "0", "--no-networks"]
        )
        #expect(outcome.status == 1)
        #expect(outcome.errors.hasSuffix("weft: \(folder): outputs that are missing or unfit: 2\n"))
        #expect(outcome.output.contains("  bear, object: there is no output of this name\n"))
        #expect(outcome.output.contains("  cat, object: open \(folder)/cat/object.mp4"))
        #expect(outcome.output.contains("mean"))
        let rows = try String(decoding: SystemFile.read(csv, limit: 1 << 20), as: UTF8.self)
        #expect(
            rows.split(separator: "\n").map { $0.prefix(10) }.dropFirst() == [
                "bear,style", "cat,style,",
            ]
        )
        guard case .object(let report) = try JSONValue.parse(SystemFile.read(json, limit: 1 << 24)),
            case .array(let results)? = report["results"]
        else {
            Issue.record("no results in \(json)")
            return
        }
        #expect(results.count == 4)
    }

    @Test func `mistakes are one sentence and a documented status`() throws {
        let clips = try Clips()
        let text = try clips.folder.write("no video", to: "text.mp4")
        let (source, truth) = (clips.source, clips.truth)
        let cases: [([String], Int32, String)] = [
            (["nowhere.mp4"], 66, "nowhere.mp4"),
            ([text], 65, "text.mp4"),
            ([source, "--truth", truth], 64, "give the source as well"),
            ([source, source, "--truth", truth, "--size", "32x32"], 65, "measure at its size"),
            ([source, "--moved", source], 64, "needs both"),
            ([source, "--window", "4", "--overlap", "4"], 64, "overlap 4"),
            ([source, "--no-windows", "--window", "4"], 64, "--no-windows"),
            ([source, source, "--start", "1/2"], 65, "expected at least the 20 frames"),
            ([source, "--model", clips.folder("none")], 66, "none"),
            ([source, "--latents", truth], 65, "expected window.0, latent or latents"),
            ([source, "--frames", "0"], 64, "expected at least 1"),
            (["folder", clips.folder("none")], 66, "none"),
            (["folder", clips.folder.path], 65, "expected a folder for each clip"),
        ]
        for (arguments, status, reason) in cases {
            let outcome = try Program.run(["evaluate"] + arguments)
            #expect(outcome.status == status, "\(arguments): \(outcome.errors)")
            #expect(outcome.errors.contains(reason), "\(arguments): \(outcome.errors)")
            #expect(outcome.output.isEmpty)
        }
    }
}
