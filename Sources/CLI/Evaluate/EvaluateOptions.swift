import ArgumentParser
import Coordinator
import Cuda
import Diffusion
import Evaluation
import FFmpeg
import Models
import Pipelines
import Tensors

/// Which networks judge.
struct EvaluationModelOptions: ParsableArguments {
    @Option(help: ArgumentHelp(ModelChoice.helpWithDefault), completion: .directory)
    var model: String?

    @Option(help: "Read the weights of this variant, such as fp16.")
    var variant: String?

    @Flag(help: "Measure only what needs no network; the model then tells its windows alone.")
    var noNetworks = false

    @OptionGroup var compute: ComputeOptions

    func validate() throws {
        guard noNetworks, compute.device != .cpu else { return }
        throw ValidationError("--device: with --no-networks nothing computes on it")
    }

    func open() throws -> EvaluationModel {
        let choice = try ModelChoice(model)
        let folder = try CheckpointFolder.open(choice.folder)
        let device = try compute.makeDevice()
        return EvaluationModel(
            folder,
            on: device.backend,
            deviceClass: device.deviceClass,
            variant: variant,
            name: choice.jobName
        )
    }
}

/// The windows that outputs were rendered in.
struct EvaluationWindowOptions: ParsableArguments {
    @Option(help: "Frames of a window; those of a render by the model unless given.")
    var window: Int?

    @Option(help: "Frames that neighbouring windows share at least; as above, else half a window.")
    var overlap: Int?

    @Flag(help: "The output is no render of windows: measure no seams.")
    var noWindows = false

    func validate() throws {
        guard noWindows, window != nil || overlap != nil else { return }
        throw ValidationError("--no-windows: there is nothing to say of windows then")
    }

    /// The windows of an output.
    ///
    /// - Parameters:
    ///   - shots: Of the output's frames.
    ///   - model: Whose windows they are, where no others were given.
    /// - Returns: Nil if it has none.
    /// - Throws: `StitchError` for numbers that are out of range, or what reading configs throws.
    func windows(
        _ shots: [Range<Int>],
        _ model: EvaluationModel
    ) throws -> VideoInputs.Windows? {
        guard !noWindows else { return nil }
        var usual = try window == nil ? model.windows() : WindowArrangement()
        usual.length = window ?? usual.length
        usual.overlap = overlap ?? usual.overlap
        let (length, shared) = (usual.length, usual.shared)
        return VideoInputs.Windows(
            layout: try ShotLayout(shots: shots, length: length, overlap: shared),
            length: length,
            overlap: shared,
            isDefault: window == nil && overlap == nil
        )
    }
}

/// Which frames of which size are measured.
struct EvaluationClipOptions: ParsableArguments {
    @Option(help: "Measure all clips at this size, as WxH; the output's own unless given.")
    var size: PictureSize?

    @Option(help: "Measure the first so many frames only.")
    var frames: Int?

    @Option(help: "Where the source's part starts that was rendered, as seconds or H:M:S.")
    var start: Seconds?

    @Option(help: "Frames a second that the source was rendered at; its own unless given.")
    var fps: Rate?

    func validate() throws {
        if let frames, frames < 1 {
            throw ValidationError("--frames: expected at least 1, found \(frames)")
        }
    }

    func output(_ path: String) throws -> DecodedClip {
        let video = try MediaInfo.probe(path).video
        let request = try FrameRequest(
            width: size?.width ?? video.width,
            height: size?.height ?? video.height
        )
        return try DecodedClip.read(path, request, framesLimit: frames)
    }

    /// As many frames of the source as the output has.
    ///
    /// - Throws: `InputError` if the source has fewer.
    func source(_ path: String, for output: DecodedClip) throws -> DecodedClip {
        let pictures = output.pictures
        let request = try FrameRequest(
            width: pictures.width,
            height: pictures.height,
            start: start?.value ?? .zero,
            frameRate: fps?.value
        )
        let source = try DecodedClip.read(path, request, framesLimit: pictures.count)
        guard source.pictures.count == pictures.count else {
            throw InputError(
                "\(path): expected at least the \(pictures.count) frames of \(output.path), found "
                    + "\(source.pictures.count); --start and --fps are to be those of the render"
            )
        }
        return source
    }

    /// Another render of the output's job.
    ///
    /// - Throws: `InputError` if it has another number of frames.
    func render(_ path: String, like output: DecodedClip) throws -> Pictures {
        let pictures = output.pictures
        let request = try FrameRequest(width: pictures.width, height: pictures.height)
        let render = try DecodedClip.read(path, request, framesLimit: frames)
        guard render.pictures.count == pictures.count else {
            throw InputError(
                "\(path): expected the \(pictures.count) frames of \(output.path), found "
                    + "\(render.pictures.count)"
            )
        }
        return render.pictures
    }
}

/// A source as it is measured: once for all outputs of it that have as many frames and their size.
struct EvaluatedSource {
    let facts: ClipFacts
    let truth: SceneTruth?
}

/// How an output is put beside its source.
struct VideoEvaluation {
    /// Whose windows are those of a render.
    let model: EvaluationModel
    /// Whether its networks judge.
    let hasNetworks: Bool
    let clips: EvaluationClipOptions
    let windows: EvaluationWindowOptions

    init(
        _ model: EvaluationModelOptions,
        _ clips: EvaluationClipOptions,
        _ windows: EvaluationWindowOptions
    ) throws {
        self.model = try model.open()
        hasNetworks = !model.noNetworks
        self.clips = clips
        self.windows = windows
    }

    /// The model whose networks judge; nil without.
    var judge: EvaluationModel? { hasNetworks ? model : nil }

    func source(_ path: String, truth: String?, for output: DecodedClip) throws -> EvaluatedSource {
        let clip = try clips.source(path, for: output)
        return EvaluatedSource(
            facts: try ClipFacts(clip, judge, hasMasks: truth == nil),
            truth: try truth.map { try SceneTruth(reading: $0, for: clip.pictures) }
        )
    }

    /// What is known of an output and its source.
    func inputs(_ output: DecodedClip, source: EvaluatedSource?, prompt: String?) throws
        -> VideoInputs
    {
        var inputs = VideoInputs(output: try ClipFacts(output, judge, hasMasks: false))
        inputs.source = source?.facts
        inputs.truth = source?.truth
        let whole = 0..<output.pictures.count
        inputs.windows = try windows.windows(source?.facts.clip.shots ?? [whole], model)
        if let prompt {
            inputs.prompt = try judge?.embedding(of: prompt) ?? .leftOut
        }
        return inputs
    }

    /// Whose networks judge, and what computes them; nil without.
    var judgement: String? {
        judge.map { "Judged by the networks of \($0.name), computed by \($0.deviceClass)." }
    }

    /// The same in JSON.
    var judgementJSON: [String: JSONValue] {
        [
            "model": judge.map { .string($0.name) } ?? .null,
            "device": judge.map { .string($0.deviceClass) } ?? .null,
        ]
    }

    /// The measures, with what the readers noticed.
    func report(_ inputs: VideoInputs) -> VideoReport {
        var report = VideoReport(inputs)
        let output = inputs.output.clip
        if output.hasMore {
            report.note("\(output.path) has more frames: the first \(output.pictures.count) count.")
        }
        if let source = inputs.source?.clip, source.hasMore {
            report.note(
                "\(source.path) has more frames: \(source.pictures.count) of them count, as many "
                    + "as the output has."
            )
        }
        if inputs.source == nil, !output.cuts.isEmpty {
            report.note(
                "There is no source to say whether cuts belong: the output is taken as one shot."
            )
        }
        return report
    }
}
