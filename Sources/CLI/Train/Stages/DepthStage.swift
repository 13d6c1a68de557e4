import ArgumentParser
import Tensors
import Training

/// `weft train depth`.
struct DepthStage: TrainingStage {
    static let name = "depth"
    static let abstract = "Train the depth estimator on scenes."
    static let discussion = """
        The loss compares inverse depth up to a positive scale and a shift of each picture, and \
        its edges at several resolutions. Only scenes have the depth that is needed.
        """
    static let defaults = StageDefaults(
        steps: 10_000,
        batch: 8,
        learningRate: 3e-4,
        hasFrames: false
    )

    @OptionGroup var source: StageData

    @Option(help: "Weight of the error of edges.")
    var edges = 0.5

    func validate() throws {
        guard (0...1e6).contains(edges) else {
            throw ValidationError("--edges: expected 0 to 1000000, found \(edges)")
        }
    }

    var knobs: [String: JSONValue] {
        ["scenes": .integer(source.count), "edges": .number(edges)]
    }

    func makeTask(
        inputs: TrainingInputs,
        start: StartingModel,
        backend: any DifferentiableBackend,
        segments: Bool
    ) throws -> any TrainingTask {
        var options = DepthTask.Options(
            width: inputs.width,
            height: inputs.height,
            batch: inputs.batch
        )
        options.loss.edges = edges
        return try DepthTask(
            start,
            source.load(inputs),
            options,
            on: RecordingBackend(backend, segments: segments)
        )
    }
}
