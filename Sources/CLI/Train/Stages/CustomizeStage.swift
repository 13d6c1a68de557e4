import ArgumentParser
import Tensors
import Training

/// `weft train customize`.
struct CustomizeStage: TrainingStage {
    static let name = "customize"
    static let abstract = "Fine-tune the video model on pictures of a subject."
    static let discussion = """
        A folder of 15 to 30 pictures of one subject is enough. Content is each picture's own \
        embedding, or in half of the steps what the prior draws for one of the prompts, so that \
        these come to mean the subject; structure is its own depth at any level. Layers along \
        time stay as they are; of the others the spatial transformers train, or what --weights \
        says. More steps and, when rendering, a higher structure level bring more of the \
        subject's own shape.
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

    @Option(
        parsing: .upToNextOption,
        help: """
            What the subject will be called when it is rendered, such as "a mug": one text or \
            several. Without any, it is bound to pictures of it alone.
            """
    )
    var prompts: [String] = []

    @OptionGroup var options: Gen1Options

    var knobs: [String: JSONValue] {
        options.knobs.merging([
            "weights": .string(weights.rawValue),
            "prompts": .array(prompts.map { .string($0) }),
        ]) { _, own in own }
    }

    func validate() throws {
        guard prompts.allSatisfy({ $0.contains { !$0.isWhitespace } }) else {
            throw ValidationError("--prompts: expected words, found an empty text")
        }
        try refuse(
            "--prompts",
            if: !prompts.isEmpty && options.contentDropout == 1,
            "where all content is dropped"
        )
    }

    func makeTask(
        inputs: TrainingInputs,
        start: StartingModel,
        backend: any DifferentiableBackend,
        segments: Bool
    ) throws -> any TrainingTask {
        var recipe = options.recipe(.customize, inputs)
        recipe.weights = weights
        recipe.prompts = prompts
        return try Gen1Task(
            Self.name,
            start,
            options.source.load(inputs),
            recipe,
            on: RecordingBackend(backend, segments: segments)
        )
    }
}
