import ArgumentParser
import Tensors
import Training

/// `weft train vae`.
struct AutoencoderStage: TrainingStage {
    static let name = "vae"
    static let abstract = "Train the autoencoder: pictures to latents and back."
    static let discussion = """
        The loss is the absolute and squared error of pictures, the error of their edges at \
        several resolutions, that of their colours at a low one, and the divergence of latents from \
        a normal distribution. Some of the pictures are depth maps, which gen1 encodes too. Checkpoints have the scaling factor that \
        gives latents the deviation 1.
        """
    static let defaults = StageDefaults(
        steps: 20_000,
        batch: 4,
        learningRate: 5e-4,
        hasFrames: false
    )

    @OptionGroup var source: StageData

    @Option(help: "Weight of the absolute error.")
    var absolute = 1.0

    @Option(help: "Weight of the squared error.")
    var squared = 1.0

    @Option(help: "Weight of the error of edges.")
    var edges = 0.5

    @Option(help: "Weight of the error of colours at low resolution.")
    var tint = 0.5

    @Option(help: "Weight of the mean divergence of a latent.")
    var divergence = 1e-4

    @Option(help: "Share of depth maps among the pictures.")
    var depthShare = 0.125

    func validate() throws {
        for (option, value) in [
            ("--absolute", absolute), ("--squared", squared), ("--edges", edges),
            ("--tint", tint), ("--divergence", divergence),
        ] where !(0...1e6).contains(value) {
            throw ValidationError("\(option): expected 0 to 1000000, found \(value)")
        }
        try checkShare("--depth-share", depthShare)
    }

    var knobs: [String: JSONValue] {
        [
            "scenes": .integer(source.scenes), "absolute": .number(absolute),
            "squared": .number(squared), "edges": .number(edges),
            "tint": .number(tint), "divergence": .number(divergence),
            "depth-share": .number(depthShare),
        ]
    }

    func makeTask(
        inputs: TrainingInputs,
        start: StartingModel,
        backend: CPUBackend,
        segments: Bool
    ) throws -> any TrainingTask {
        var options = AutoencoderTask.Options(
            width: inputs.width,
            height: inputs.height,
            batch: inputs.batch
        )
        options.reconstruction.absolute = absolute
        options.reconstruction.squared = squared
        options.reconstruction.edges = edges
        options.reconstruction.tint = tint
        options.divergence = divergence
        options.depthShare = depthShare
        return try AutoencoderTask(
            start,
            source.load(inputs),
            options,
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
