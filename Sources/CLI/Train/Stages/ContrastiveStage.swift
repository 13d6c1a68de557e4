import ArgumentParser
import Tensors
import Training

/// `weft train clip`.
struct ContrastiveStage: TrainingStage {
    static let name = "clip"
    static let abstract = "Train image and text encoder: captions near their pictures."
    static let discussion = """
        Each picture of a batch has to find its caption among the others, and each caption its \
        picture; equal captions count as one another's. The larger the batch, the more there is to \
        tell apart. Without captions nothing can be learned: of a folder, files without one are \
        not used.
        """
    static let defaults = StageDefaults(
        steps: 10_000,
        batch: 64,
        learningRate: 5e-4,
        weightDecay: 0.1,
        hasFrames: false
    )

    @OptionGroup var source: StageData

    var knobs: [String: JSONValue] { ["scenes": .integer(source.count)] }

    func makeTask(
        inputs: TrainingInputs,
        start: StartingModel,
        backend: any DifferentiableBackend,
        segments: Bool
    ) throws -> any TrainingTask {
        try ContrastiveTask(
            start,
            source.load(inputs),
            ContrastiveTask.Options(
                width: inputs.width,
                height: inputs.height,
                batch: inputs.batch
            ),
            on: RecordingBackend(backend, segments: segments)
        )
    }
}
