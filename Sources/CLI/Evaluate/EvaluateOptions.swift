import ArgumentParser
import Coordinator
import Diffusion
import Evaluation
import FFmpeg
import Models
import Pipelines
import Tensors

/// Which networks judge.
struct EvaluationModelOptions: ParsableArguments {
    @Option(
        help: """
            The model folder, or weft-small; its image_encoder, text_encoder and depth_estimator \
            are used.
            """,
        completion: .directory
    )
    var model: String?

    @Option(help: "Read the weights of this variant, such as fp16.")
    var variant: String?

    @OptionGroup var device: DeviceOptions

    /// The folder of the networks that judge: the one place that says which it is if none is given.
    private var folder: String? {
        get throws { try model.map { try ModelChoice.folder($0) } }
    }

    /// Nil if there is no folder: what needs a network is then not measured.
    func open() throws -> EvaluationModel? {
        guard let folder = try folder else { return nil }
        return EvaluationModel(
            try CheckpointFolder.open(folder),
            on: device.makeBackend(),
            variant: variant
        )
    }
}

/// The windows that outputs were rendered in.
struct EvaluationWindowOptions: ParsableArguments {
    @Option(help: "Frames of a window; the model's longest up to 16 unless given, as in a render.")
    var window: Int?

    @Option(help: "Frames that neighbouring windows share at least; half a window unless given.")
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
    ///   - model: Whose longest window counts.
    /// - Returns: Nil if it has none.
    /// - Throws: `StitchError` for numbers that are out of range.
    func windows(
        _ shots: [Range<Int>],
        _ model: EvaluationModel?
    ) throws -> VideoInputs.Windows? {
        guard !noWindows else { return nil }
        let length = try window ?? min(16, model?.windowMax() ?? 16)
        let shared = overlap ?? length / 2
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
    let model: EvaluationModel?
    let clips: EvaluationClipOptions
    let windows: EvaluationWindowOptions

    func source(_ path: String, truth: String?, for output: DecodedClip) throws -> EvaluatedSource {
        let clip = try clips.source(path, for: output)
        return EvaluatedSource(
            facts: try ClipFacts(clip, model, hasMasks: truth == nil),
            truth: try truth.map { try SceneTruth(reading: $0, for: clip.pictures) }
        )
    }

    /// What is known of an output and its source.
    func inputs(_ output: DecodedClip, source: EvaluatedSource?, prompt: String?) throws
        -> VideoInputs
    {
        var inputs = VideoInputs(output: try ClipFacts(output, model, hasMasks: false))
        inputs.source = source?.facts
        inputs.truth = source?.truth
        let whole = 0..<output.pictures.count
        inputs.windows = try windows.windows(source?.facts.clip.shots ?? [whole], model)
        if let prompt {
            inputs.prompt =
                try model?.embedding(of: prompt) ?? .absent("no model is given (--model)")
        }
        return inputs
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
