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

    @Option(help: "Every how manyth frame of a video makes a clip.")
    var stride = 4

    @Option(help: "Images of an image batch; as many as a video batch has frames by default.")
    var images: Int?

    @OptionGroup var options: Gen1Options

    func validate() throws {
        for (option, value, range) in [
            ("--stride", stride, 1...1000), ("--images", images ?? 1, 1...4096),
        ] where !range.contains(value) {
            throw ValidationError(
                "\(option): expected \(range.lowerBound) to \(range.upperBound), found \(value)"
            )
        }
        if let imageShare { try checkShare("--image-share", imageShare) }
    }

    var knobs: [String: JSONValue] {
        options.knobs.merging([
            "stage": .string(stage.rawValue), "stride": .integer(stride),
            "images": images.map { .integer($0) } ?? .null,
            "image-share": imageShare.map { .number($0) } ?? .null,
            "weights": weights.map { .string($0.rawValue) } ?? .null,
        ]) { _, own in own }
    }

    func makeTask(
        inputs: TrainingInputs,
        start: StartingModel,
        backend: CPUBackend,
        segments: Bool
    ) throws -> any TrainingTask {
        var recipe = options.recipe(stage.stage, inputs, stride: stride, images: images)
        if let imageShare { recipe.imageShare = imageShare }
        if let weights { recipe.weights = weights }
        return try Gen1Task(
            Self.name,
            start,
            options.source.load(inputs),
            recipe,
            on: RecordingBackend(backend, segments: segments)
        )
    }
}
