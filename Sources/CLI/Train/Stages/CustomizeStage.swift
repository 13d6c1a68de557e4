import ArgumentParser
import Tensors
import Training

/// `weft train customize`.
struct CustomizeStage: TrainingStage {
    static let name = "customize"
    static let abstract = "Fine-tune the video model on pictures of a subject."
    static let discussion = """
        A folder of 15 to 30 pictures of one subject is enough. Content is each picture's own \
        embedding, structure its own depth at any level. Layers along time stay as they are; of \
        the others the spatial transformers train, or what --weights says. More steps and, when \
        rendering, a higher structure level bring more of the subject's own shape.
        """
    static let defaults = StageDefaults(
        steps: 500,
        batch: 4,
        learningRate: 5e-5,
        frames: 1,
        hasFrames: false
    )

    @Option(help: "Which weights train.")
    var weights = Gen1Recipe.Weights.transformers

    @OptionGroup var options: Gen1Options

    var knobs: [String: JSONValue] {
        options.knobs.merging(["weights": .string(weights.rawValue)]) { _, own in own }
    }

    func makeTask(
        inputs: TrainingInputs,
        start: StartingModel,
        backend: CPUBackend,
        segments: Bool
    ) throws -> any TrainingTask {
        var recipe = options.recipe(.customize, inputs)
        recipe.weights = weights
        return try Gen1Task(
            Self.name,
            start,
            options.source.load(inputs),
            recipe,
            on: RecordingBackend(backend, segments: segments)
        )
    }
}
