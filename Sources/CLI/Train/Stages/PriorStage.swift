import ArgumentParser
import Tensors
import Training

/// `weft train prior`.
struct PriorStage: TrainingStage {
    static let name = "prior"
    static let abstract = "Train the prior: from a caption to the embedding of a picture."
    static let discussion = """
        The model's image and text encoder stay as they are, so train them first. Mean and \
        deviation of embeddings are measured before the first step, unless the model has them; \
        with --rescale also then, for a CLIP that was trained on since.
        """
    static let defaults = StageDefaults(
        steps: 20_000,
        batch: 64,
        learningRate: 5e-4,
        hasFrames: false
    )

    @OptionGroup var source: StageData

    @Option(help: "Share of examples without caption, for guidance.")
    var captionDropout = 0.1

    @Option(help: "Share of captions that lose some words, so that prompts may leave things open.")
    var partialCaptions = 0.3

    @Flag(help: "Measure mean and deviation of embeddings anew.")
    var rescale = false

    func validate() throws {
        try checkShare("--caption-dropout", captionDropout)
        try checkShare("--partial-captions", partialCaptions)
    }

    var knobs: [String: JSONValue] {
        [
            "scenes": .integer(source.count), "caption-dropout": .number(captionDropout),
            "partial-captions": .number(partialCaptions), "rescale": .bool(rescale),
        ]
    }

    func makeTask(
        inputs: TrainingInputs,
        start: StartingModel,
        backend: any DifferentiableBackend,
        segments: Bool
    ) throws -> any TrainingTask {
        var options = PriorTask.Options(
            width: inputs.width,
            height: inputs.height,
            batch: inputs.batch
        )
        options.captionDropout = captionDropout
        options.partial = PartialCaption(share: partialCaptions)
        options.rescales = rescale
        return try PriorTask(
            start,
            source.load(inputs),
            options,
            on: RecordingBackend(backend, segments: segments)
        )
    }
}
