import ArgumentParser
import Tensors
import Training

extension AutoencoderTask.Weights: ExpressibleByArgument {}

/// `weft train vae`.
struct AutoencoderStage: TrainingStage {
    static let name = "vae"
    static let abstract = "Train the autoencoder: pictures to latents and back."
    static let discussion = """
        The loss is the absolute and squared error of pictures, the error of their edges at \
        several resolutions, that of their colours at a low one, and the divergence of latents \
        from a normal distribution. Some of the pictures are depth maps, which gen1 encodes too. \
        Checkpoints have the scaling factor that gives latents the deviation 1.

        --weights decoder trains the way back from latents alone: encoder and scaling factor stay \
        as they are to the bit, so the result fits the gen1 that was trained before.
        """
    static let defaults = StageDefaults(
        steps: 20_000,
        batch: 4,
        learningRate: 5e-4,
        hasFrames: false
    )

    @OptionGroup var source: StageData

    @Option(help: "Which weights train.")
    var weights = AutoencoderTask.Weights.all

    @Option(help: "Weight of the absolute error.")
    var absolute = 1.0

    @Option(help: "Weight of the squared error.")
    var squared = 1.0

    @Option(help: "Weight of the error of edges.")
    var edges = 0.5

    @Option(help: "Weight of the error of colours at low resolution.")
    var tint = 0.5

    @Option(help: "Weight of the mean divergence of a latent; 0.0001 by default.")
    var divergence: Double?

    @Option(
        help: """
            Weight of the error of the latents' last three channels as the picture itself, in \
            squares of a latent's size: colours are kept, and gen1 learns them sooner. Wants \
            about 8 channels; 0, free latents, by default.
            """
    )
    var thumbnail: Double?

    @Option(help: "Share of depth maps among the pictures of scenes; 0.125 by default.")
    var depthShare: Double?

    func validate() throws {
        for (option, value) in [
            ("--absolute", absolute), ("--squared", squared), ("--edges", edges),
            ("--tint", tint), ("--divergence", divergence ?? 0),
            ("--thumbnail", thumbnail ?? 0),
        ] where !(0...1e6).contains(value) {
            throw ValidationError("\(option): expected 0 to 1000000, found \(value)")
        }
        try checkShare("--depth-share", depthShare ?? 0)
        guard weights == .decoder else { return }
        let reason = "with --weights decoder, which leaves the encoder as it is"
        try refuse("--divergence", if: divergence != nil, reason)
        try refuse("--thumbnail", if: thumbnail != nil, reason)
        try refuse("--depth-share", if: depthShare != nil, reason)
    }

    var knobs: [String: JSONValue] {
        let options = settings(width: 1, height: 1, batch: 1)
        let isWhole = weights == .all
        return [
            "scenes": .integer(source.count), "absolute": .number(absolute),
            "squared": .number(squared), "edges": .number(edges),
            "tint": .number(tint),
            "divergence": isWhole ? .number(options.divergence) : .null,
            "depth-share": isWhole ? .number(options.depthShare) : .null,
            // Runs that are older than these options go on.
            "thumbnail": options.thumbnail > 0 ? .number(options.thumbnail) : .null,
            "weights": isWhole ? .null : .string(weights.rawValue),
        ]
    }

    private func settings(width: Int, height: Int, batch: Int) -> AutoencoderTask.Options {
        var options = AutoencoderTask.Options(width: width, height: height, batch: batch)
        options.weights = weights
        options.reconstruction.absolute = absolute
        options.reconstruction.squared = squared
        options.reconstruction.edges = edges
        options.reconstruction.tint = tint
        options.divergence = divergence ?? options.divergence
        options.thumbnail = thumbnail ?? options.thumbnail
        // Depth maps are for the encoder: gen1 decodes none.
        options.depthShare = weights == .all ? depthShare ?? options.depthShare : 0
        return options
    }

    func makeTask(
        inputs: TrainingInputs,
        start: StartingModel,
        backend: any DifferentiableBackend,
        segments: Bool
    ) throws -> any TrainingTask {
        try inputs.refuseWithoutScenes("--depth-share", if: depthShare != nil)
        return try AutoencoderTask(
            start,
            source.load(inputs),
            settings(width: inputs.width, height: inputs.height, batch: inputs.batch),
            on: RecordingBackend(backend, segments: segments)
        )
    }
}

/// Refuses what is no share.
func checkShare(_ option: String, _ value: Double) throws {
    guard (0...1).contains(value) else {
        throw ValidationError("\(option): expected 0 to 1, found \(value)")
    }
}

/// Refuses an option that would do nothing.
func refuse(_ option: String, if isIdle: Bool, _ reason: String) throws {
    if isIdle { throw ValidationError("\(option) does nothing \(reason)") }
}
