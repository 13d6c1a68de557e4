import FFmpeg
import Foundation
import Tensors
import TestSupport
import Testing

/// A copy of the program somewhere else, with a model beside it or without.
@Suite(.serialized) struct InstalledProgramTests {
    private let folder: TemporaryFolder
    private let clip: String
    /// Found through `PATH` and a link, as installed programs are.
    private let link: String

    init() throws {
        folder = try TemporaryFolder()
        clip = try folder.write(
            SyntheticMedia.movingSquare(width: 96, height: 64, frames: 10),
            to: "clip.y4m"
        )
        link = folder("weft")
        let files = FileManager.default
        try files.createDirectory(atPath: folder("prefix/bin"), withIntermediateDirectories: true)
        // By another process: a program that this one had open for writing may be inherited, open,
        // by whatever other tests start meanwhile, and could not be run.
        let copy = try Program.run(
            [Program.path, folder("prefix/bin/weft")],
            program: "/bin/cp",
            seconds: 60
        )
        try #require(copy.status == 0, "\(copy.errors)")
        try files.createSymbolicLink(atPath: link, withDestinationPath: "prefix/bin/weft")
    }

    private var installed: String { folder("prefix/share/weft/weft-small") }

    /// Runs the copy; `WEFT_MODEL` is what is given and nothing else.
    private func run(_ arguments: [String], model: String? = nil) throws -> Program.Outcome {
        let variable = model.map { ["WEFT_MODEL=\($0)"] } ?? ["-u", "WEFT_MODEL"]
        return try Program.run(variable + [link] + arguments, program: "/usr/bin/env", seconds: 240)
    }

    private func render(_ output: String, _ more: [String] = []) -> [String] {
        ["render", clip, "-o", folder(output), "--prompt", "a red frog", "--codec", "ffv1"] + more
    }

    /// A tiny model at `path` that says how it is sampled, and is best at 64x64.
    private func makeModel(_ path: String, seed: Int = 1) throws {
        let raw = folder("raw-\(UUID().uuidString)")
        let made = try Program.run(
            ["model", "create", "tiny", "--output", raw, "--seed", "\(seed)"]
        )
        try #require(made.status == 0, "\(made.errors)")
        let config = "\(raw)/unet/config.json"
        guard case .object(var members) = try JSONValue.parse(SystemFile.read(config, limit: 9999))
        else { return }
        members["sample_size"] = .integer(8)
        let text = JSONValue.object(members).serialized()
        try SystemFile.writeAtomically(Array(text.utf8), to: config)
        let defaults = try folder.write(
            """
            {"steps": 3, "guidance": 2.5, "prior_guidance": 2, "window": 6, "fuse_every": "never"}
            """,
            to: "defaults.json"
        )
        let parent = (path as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(
            atPath: parent,
            withIntermediateDirectories: true
        )
        let packed = try Program.run(["model", "pack", raw, "-o", path, "--defaults", defaults])
        try #require(packed.status == 0, "\(packed.errors)")
    }

    /// The sentence that a program without its model says.
    private var sentence: String {
        "weft-small, the model that comes with weft, is neither at "
            + "\(folder("prefix/bin/weft_ShippedModel.resources/weft-small")) nor at \(installed); "
            + "install it there or choose another with --model"
    }

    @Test(arguments: [
        ["model", "check", "weft-small"], ["model", "inspect", "weft-small"],
        ["sample", "--model", "weft-small", "-i", "shot", "-o", "out"],
    ])
    func `a program without its model says where it looked`(arguments: [String]) throws {
        let outcome = try run(arguments)
        #expect(outcome.status == 66)
        #expect(outcome.errors == "weft: \(sentence)\n" && outcome.output.isEmpty)
    }

    @Test func `a job without a model is refused before anything starts`() throws {
        for arguments in [render("out.mkv"), render("out.mkv", ["--model", "weft-small"])] {
            let outcome = try run(arguments)
            #expect(outcome.status == 66 && outcome.errors == "weft: \(sentence)\n")
        }
        let doctor = try run(["doctor"])
        #expect(doctor.status == 0 && doctor.output.hasSuffix("\nmodel: \(sentence)\n"))
    }

    @Test func `an installed model is found, checked and rendered with`() throws {
        try makeModel(installed)
        let doctor = try run(["doctor"])
        #expect(doctor.output.hasSuffix("\nmodel: weft-small at \(installed), sound\n"))
        #expect(try run(["model", "check", "weft-small"]).output.contains("unet: WeftGen1UNet, "))

        let outcome = try run(render("out.mkv", ["--contact-sheet", folder("sheet.png")]))
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.hasSuffix("contact sheet: \(folder("sheet.png"))\n"))
        // The same job with all that the model says spelt out is the same video.
        let spelt = try run(
            render("spelt.mkv", ["--model", installed, "--steps", "3", "--guidance", "2.5"])
                + ["--prior-guidance", "2", "--window", "6", "--fuse-every", "never"]
                + ["--size", "96x64"]
        )
        #expect(spelt.status == 0, "\(spelt.errors)")
        #expect(
            try SystemFile.read(folder("out.mkv"), limit: 1 << 24)
                == SystemFile.read(folder("spelt.mkv"), limit: 1 << 24)
        )
        try checkSheet(width: 96, height: 64)
    }

    /// Rows are the clip, its depth and the result; small pictures are shown larger.
    private func checkSheet(width: Int, height: Int) throws {
        let sheet = try StillImage.read(folder("sheet.png"), sideMax: 16384)
        let (factor, gap) = (256 / width, 2)
        #expect(sheet.width == (8 * (width + gap) - gap) * factor)
        #expect(sheet.height == (3 * (height + gap) - gap) * factor)
        func picture(_ row: Int, _ column: Int) -> [UInt8] {
            (0..<height).flatMap { y in
                (0..<width).flatMap { x in
                    let line = (row * (height + gap) + y) * factor
                    let place = line * sheet.width + (column * (width + gap) + x) * factor
                    return Array(sheet.pixels[3 * place..<3 * place + 3])
                }
            }
        }
        for (row, path) in [(0, clip), (2, folder("out.mkv"))] {
            let reader = try FrameReader(path, FrameRequest(width: width, height: height))
            var frames: [VideoFrame] = []
            while let frame = try reader.next() { frames.append(frame) }
            try #require(frames.count == 10)
            #expect((0..<8).allSatisfy { picture(row, $0) == frames[$0 * 9 / 7].pixels })
        }
        let depth = (0..<8).map { picture(1, $0) }
        let values = depth.flatMap(\.self)
        #expect(values.min() == 0 && values.max() == 255)
    }

    @Test func `what is given counts more than what the model says, and is printed`() throws {
        try makeModel(installed)
        let plan = try run(render("out.mkv", ["--dry-run"]))
        #expect(
            plan.output.hasPrefix(
                """
                model: weft-small, pictures of 96x64
                sampling: 3 steps, guidance 2.5, prior guidance 2, temporal guidance 1, \
                structure level 0, strength 1, eta 0, noise shuffled, seed 0
                fusion: windows of 6 that share 3, taper hann, blended at the end
                10 frames in 1 shot
                """
            ),
            "\(plan.output)\(plan.errors)"
        )
        let other = try run(
            render("out.mkv", ["--dry-run", "--steps", "4", "--guidance", "1", "--size", "64x64"])
                + ["--window", "8", "--fuse-every", "2", "--fuse-until", "1"]
                + ["--prior-guidance", "1.5"]
        )
        #expect(other.output.contains("pictures of 64x64\nsampling: 4 steps, guidance 1, prior "))
        #expect(other.output.contains("prior guidance 1.5, temporal"))
        #expect(other.output.contains("windows of 8 that share 4, "))
        #expect(other.output.contains("blended after every 2 steps until 1\n"))
    }

    @Test func `a variable and a folder of that name come before the shipped model`() throws {
        try makeModel(installed)
        try makeModel(folder("other"), seed: 2)
        let plan = try run(render("out.mkv", ["--dry-run"]), model: folder("other"))
        #expect(plan.output.hasPrefix("model: \(folder("other")), "), "\(plan.errors)")
        let given = try run(
            render("out.mkv", ["--dry-run", "--model", "weft-small"]),
            model: folder("other")
        )
        #expect(given.output.hasPrefix("model: weft-small, "), "\(given.errors)")
    }

    @Test func `a farm's workers find the shipped model each in its own place`() throws {
        try makeModel(installed)
        let program = folder("prefix/bin/weft")
        let (control, bulk) = ("ipc://\(folder("c"))", "ipc://\(folder("b"))")
        let coordinator = try Program.start(
            ["coordinator", "--no-keys", "--state", folder("farm")]
                + ["--bind-control", control, "--bind-bulk", bulk]
        )
        // Its own models are elsewhere, and jobs may use no others but the shipped one.
        try SystemFile.makeFolder(folder("models"))
        let worker = try Program.start(
            ["worker", "--connect", control, "--connect-bulk", bulk, "--state", folder("worker")]
                + ["--models", folder("models")],
            program: program
        )
        // Who submits has the model in another place than the worker.
        try makeModel(folder("desk/share/weft/weft-small"))
        try SystemFile.makeFolder(folder("desk/bin"))
        try SystemFile.duplicate(file: program, to: folder("desk/bin/weft"))
        let outcome = try Program.run(
            ["submit", clip, "-o", folder("out.mkv"), "--prompt", "a red frog", "--codec", "ffv1"]
                + ["--coordinator", control, "--wait", "--patience", "60"],
            program: folder("desk/bin/weft"),
            seconds: 240
        )
        #expect(outcome.status == 0, "\(outcome.errors)")
        for process in [worker, coordinator] {
            process.signal(SIGKILL)
            _ = try process.outcome()
        }
    }

    @Test func `a model that says what makes no run, or is damaged, is told by name`() throws {
        try makeModel(installed)
        let index = "\(installed)/model_index.json"
        let text = String(decoding: try SystemFile.read(index, limit: 9999), as: UTF8.self)
        func change(_ old: String, _ new: String) throws {
            let changed = text.replacing(old, with: new)
            #expect(changed != text)
            try SystemFile.writeAtomically(Array(changed.utf8), to: index)
        }
        try change("\"steps\": 3", "\"steps\": 0")
        let words = "model_index.json: _weft_defaults: steps: expected a count from 1 on, found 0"
        let outcome = try run(render("out.mkv"))
        #expect(outcome.status == 65 && outcome.errors.contains(words), "\(outcome.errors)")
        #expect(try run(["doctor"]).output.contains("damaged: \(installed)/\(words)"))
        try change("\"vae\"", "\"vea\"")
        #expect(try run(["doctor"]).output.contains("damaged: "))
    }

    @Test func `a contact sheet that cannot be is refused before anything starts`() throws {
        try makeModel(installed)
        let sheet = folder("sheet.png")
        for (path, status, words) in [
            (folder("sheet.jpg"), 64, "expected a name that ends in .png"),
            (folder("no/sheet.png"), 73, "cannot create"),
        ] {
            let outcome = try run(render("out.mkv", ["--contact-sheet", path]))
            #expect(outcome.status == Int32(status), "\(outcome.errors)")
            #expect(outcome.errors.contains(words), "\(outcome.errors)")
        }
        _ = try folder.write("mine", to: "sheet.png")
        let outcome = try run(render("out.mkv", ["--contact-sheet", sheet]))
        #expect(outcome.status == 73 && outcome.errors.contains("--force replaces it"))
        #expect(try SystemFile.read(sheet, limit: 9) == Array("mine".utf8))
        #expect(try SystemFile.status(of: folder("out.mkv")) == nil)
    }
}

/// The model in this tree, `Sources/ShippedModel/weft-small`, as the build puts it beside `weft`.
struct WeftSmallTests {
    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    @Test func `its card is the page of the documents`() throws {
        let texts = try ["Docs/WeftSmall.md", "Sources/ShippedModel/weft-small/README.md"].map {
            try SystemFile.read(Self.root.appending(path: $0).path, limit: 1 << 16)
        }
        #expect(texts[0] == texts[1])
    }

    @Test func `what suits it is read as a model's own`() throws {
        let folder = try TemporaryFolder()
        let made = try Program.run(["model", "create", "tiny", "--output", folder("tiny")])
        try #require(made.status == 0)
        let packed = try Program.run(
            ["model", "pack", folder("tiny"), "-o", folder("packed"), "--defaults"]
                + [Self.root.appending(path: "Deploy/weft-small.json").path]
        )
        #expect(packed.status == 0, "\(packed.errors)")
    }

    @Test func `the model that ships is sound`() throws {
        let check = try Program.run(["model", "check", "weft-small"])
        #expect(check.status == 0 && check.errors.isEmpty, "\(check.errors)")
        let parts = check.output.split(separator: "\n").map { $0.prefix { $0 != ":" } }
        #expect(
            parts == [
                "depth_estimator", "image_encoder", "prior", "scheduler", "text_encoder",
                "tokenizer", "unet", "vae",
            ]
        )
        let doctor = try Program.run(["doctor"])
        #expect(doctor.output.contains("model: weft-small at "), "\(doctor.output)")
        #expect(doctor.output.contains("weft_ShippedModel.resources/weft-small, sound"))
    }

    @Test func `the model that ships is small and half precision`() throws {
        let report = try Program.run(["model", "inspect", "weft-small", "--json"])
        guard case .object(let members) = try JSONValue.parse(Array(report.output.utf8)),
            case .array(let components)? = members["components"]
        else {
            Issue.record("no report in \(report.output)")
            return
        }
        var bytes = 0
        for case .object(let component) in components {
            if case .object(let types)? = component["dtypes"] {
                #expect(Array(types.keys) == ["F16"], "\(component)")
            }
            guard case .array(let files)? = component["files"] else { continue }
            for case .object(let file) in files {
                if case .integer(let count)? = file["bytes"] { bytes += count }
            }
        }
        #expect(bytes > 1 << 20 && bytes < 50 << 20)
    }

    @Test func `without a model, the one that ships renders`() throws {
        let folder = try TemporaryFolder()
        let clip = try folder.write(
            SyntheticMedia.movingSquare(width: 64, height: 64, frames: 4),
            to: "clip.y4m"
        )
        let outcome = try Program.run(
            ["-u", "WEFT_MODEL", Program.path, "render", clip, "-o", folder("out.mkv")]
                + ["--prompt", "a red rabbit", "--steps", "2", "--codec", "ffv1"],
            program: "/usr/bin/env",
            seconds: 240
        )
        #expect(outcome.status == 0, "\(outcome.errors)")
    }
}
