import ArgumentParser
import Diffusion
import Evaluation
import Pipelines
import Tensors

/// `weft evaluate OUTPUT [SOURCE]`.
struct EvaluateVideoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "video",
        abstract: "Measure a video, alone or beside its source.",
        discussion: """
            weft evaluate out.mp4 in.mp4 --prompt "a clay figure on snow" --model my-model

            Everything that can be measured with what is given is; for the rest a line says what \
            is missing. The model's networks judge: numbers of different models cannot be \
            compared. Docs/Evaluation.md defines the measures.
            """
    )

    @Argument(help: "The video to measure.", completion: .file())
    var output: String

    @Argument(help: "The clip it was made from.", completion: .file())
    var source: String?

    @Option(help: "What it shall look like, in words.")
    var prompt: String?

    @Option(
        help: "What is true of the source, of weft scene: exact flow and depth.",
        completion: .file()
    )
    var truth: String?

    @OptionGroup(title: "Clips") var clips: EvaluationClipOptions

    @OptionGroup(title: "Windows") var windows: EvaluationWindowOptions

    @Option(
        help: "Latents of the output: windows before their blend, the blend, or both.",
        completion: .file()
    )
    var latents: String?

    @Option(help: "How the windows of --latents are blended if their blend is not in the file.")
    var taper = WindowTaper.hann

    @Option(
        help: "The same job and seed with other borders, for layout sensitivity.",
        completion: .file()
    )
    var moved: String?

    @Option(help: "The same job from another seed, for layout sensitivity.", completion: .file())
    var reseeded: String?

    @OptionGroup(title: "Networks") var model: EvaluationModelOptions

    @Option(help: "Also write plots and pictures into this folder.", completion: .directory)
    var plots: String?

    @Flag(help: "Print one JSON object instead of text.")
    var json = false

    func validate() throws {
        if truth != nil, source == nil {
            throw ValidationError("--truth: it is the source's; give the source as well")
        }
        if (moved == nil) != (reseeded == nil) {
            throw ValidationError("--moved and --reseeded: layout sensitivity needs both")
        }
        if latents != nil, windows.noWindows {
            throw ValidationError("--latents: they are those of windows; leave out --no-windows")
        }
    }

    func run() throws {
        let evaluation = try VideoEvaluation(model, clips, windows)
        let clip = try clips.output(output)
        let source = try source.map { try evaluation.source($0, truth: truth, for: clip) }
        var inputs = try evaluation.inputs(clip, source: source, prompt: prompt)
        if let moved, let reseeded {
            inputs.renders = VideoInputs.Renders(
                moved: try clips.render(moved, like: clip),
                reseeded: try clips.render(reseeded, like: clip)
            )
        }
        if let latents, let layout = inputs.windows?.layout {
            inputs.latents = try read(latents, layout)
        }
        let report = evaluation.report(inputs)
        if let plots {
            try SystemFile.makeFolders(plots)
            try VideoPlots(
                report,
                output: clip.pictures,
                source: source?.facts.clip.pictures,
                layout: inputs.windows?.layout
            ).write(to: plots)
        }
        if json {
            var members = report.json
            members["schema"] = .integer(1)
            members.merge(evaluation.judgementJSON) { first, _ in first }
            members.merge(head(clip, inputs)) { first, _ in first }
            print(JSONValue.object(members).serialized(isIndented: true))
        } else {
            printHead(clip, inputs)
            if let judgement = evaluation.judgement { print(judgement) }
            print(report.text, terminator: "")
        }
    }

    private func read(_ path: String, _ layout: ShotLayout) throws -> LatentFile {
        guard let plan = layout.plans.first, layout.plans.count == 1 else {
            throw Failure(
                .usage,
                "--latents: expected a clip of one shot, found \(layout.plans.count) shots"
            )
        }
        return try LatentFile(reading: path, plan: plan, taper: taper)
    }

    private func head(_ clip: DecodedClip, _ inputs: VideoInputs) -> [String: JSONValue] {
        var members: [String: JSONValue] = [
            "output": .string(output),
            "frames": .integer(clip.pictures.count),
            "width": .integer(clip.pictures.width),
            "height": .integer(clip.pictures.height),
        ]
        if let source { members["source"] = .string(source) }
        if let windows = inputs.windows {
            members["layout"] = .object([
                "window": .integer(windows.length),
                "overlap": .integer(windows.overlap),
                "is_default": .bool(windows.isDefault),
                "shots": .array(windows.layout.shots.map { .integer($0.lowerBound) }),
                "borders": .array(windows.layout.borders.sorted().map { .integer($0) }),
            ])
        }
        return members
    }

    private func printHead(_ clip: DecodedClip, _ inputs: VideoInputs) {
        let pictures = clip.pictures
        var line = "\(output): \(pictures.count) frames of \(pictures.width)x\(pictures.height)"
        if let source { line += ", beside \(source)" }
        if let windows = inputs.windows {
            let count = windows.layout.plans.reduce(0) { $0 + $1.windows.count }
            line +=
                "; windows: \(count), of \(windows.length) frames that share \(windows.overlap), "
                + "shots: \(windows.layout.shots.count)"
        }
        print(line)
    }
}
