import ArgumentParser
import Tensors
import Training

/// The paper's four stages, by number.
enum Gen1StageNumber: String, CaseIterable, ExpressibleByArgument {
    case first = "1"
    case second = "2"
    case third = "3"
    case fourth = "4"

    var stage: Gen1Recipe.Stage {
        switch self {
        case .first: .content
        case .second: .video
        case .third: .structure
        case .fourth: .levels
        }
    }

    /// What the paper says of it, whatever the extent of a clip.
    var recipe: Gen1Recipe {
        Gen1Recipe(stage, request: ClipRequest(width: 1, height: 1), clips: 1)
    }
}

/// `weft train gen1`.
struct Gen1Stage: TrainingStage {
    static let name = "gen1"
    static let abstract = "Train the video model, in the paper's stages."
    static let discussion = """
        1: images with content alone; layers along time stay as they are. 2: videos and images \
        jointly. 3: with structure, in all its detail. 4: with structure of any level. Each starts \
        from the model that the one before it made: --model RUN/model. A batch is of images with \
        the probability --image-share; on images the layers along time are off and do not change. \
        The model's other parts stay as they are, so train them first.
        """
    static let defaults = StageDefaults(
        steps: 20_000,
        batch: 2,
        learningRate: 2e-4
    )

    @Option(help: "The paper's stage: 1, 2, 3 or 4.")
    var stage = Gen1StageNumber.fourth

    @Option(help: "Share of batches that are of images; the stage's own by default.")
    var imageShare: Double?

    @Option(help: "Which weights train; the stage's own by default.")
    var weights: Gen1Recipe.Weights?

    @Option(help: "Every how manyth frame of a video makes a clip; 4 by default.")
    var stride: Int?

    @Option(help: "Images of an image batch; as many as a video batch has frames by default.")
    var images: Int?

    @Option(
        help: """
            Share of scenes whose content is another scene's of the same colours, finishes, ground \
            and light, as it is when an example picture is rendered.
            """
    )
    var twins = 0.0

    @OptionGroup var options: Gen1Options

    func validate() throws {
        for (option, value, range) in [
            ("--stride", stride ?? 1, 1...1000), ("--images", images ?? 1, 1...4096),
        ] where !range.contains(value) {
            throw ValidationError(
                "\(option): expected \(range.lowerBound) to \(range.upperBound), found \(value)"
            )
        }
        if let imageShare { try checkShare("--image-share", imageShare) }
        try checkShare("--twins", twins)
        let share = imageShare ?? stage.recipe.imageShare
        try refuse("--stride", if: stride != nil && share == 1, "where all batches are of images")
        try refuse("--images", if: images != nil && share == 0, "where no batch is of images")
        let isBare = stage.recipe.levels == nil
        try refuse("--depth", if: options.depth != nil && isBare, "before stage 3")
    }

    var knobs: [String: JSONValue] {
        options.knobs.merging([
            "stage": .string(stage.rawValue), "stride": .integer(stride ?? 4),
            "twins": .number(twins),
            "images": images.map { .integer($0) } ?? .null,
            "image-share": imageShare.map { .number($0) } ?? .null,
            "weights": weights.map { .string($0.rawValue) } ?? .null,
        ]) { _, own in own }
    }

    func makeTask(
        inputs: TrainingInputs,
        start: StartingModel,
        backend: any DifferentiableBackend,
        segments: Bool
    ) throws -> any TrainingTask {
        var recipe = options.recipe(stage.stage, inputs, stride: stride ?? 4, images: images)
        if let imageShare { recipe.imageShare = imageShare }
        if let weights { recipe.weights = weights }
        try inputs.refuseWithoutScenes("--twins", if: twins > 0)
        recipe.twinShare = twins
        return try Gen1Task(
            Self.name,
            start,
            options.source.load(inputs),
            recipe,
            on: RecordingBackend(backend, segments: segments)
        )
    }
}
