import ArgumentParser
import Models
import Tensors
import Training

/// What a stage of `weft train` is: its own options, and how they become a task.
///
/// A stage is one type, entered once in `TrainCommand`.
protocol TrainingStage: ParsableArguments {
    /// The word after `weft train`.
    static var name: String { get }
    static var abstract: String { get }
    static var discussion: String { get }
    /// What the shared options are unless given.
    static var defaults: StageDefaults { get }

    /// The values of the stage's own options that decide about the weights, by the options' names:
    /// a run goes on only under the same.
    var knobs: [String: JSONValue] { get }

    /// Loads what is trained.
    func makeTask(
        inputs: TrainingInputs,
        start: StartingModel,
        backend: any DifferentiableBackend,
        segments: Bool
    ) throws -> any TrainingTask
}

/// The shared options' values that suit a stage.
struct StageDefaults: Hashable, Sendable {
    var steps = 10_000
    var batch = 1
    var learningRate = 1e-4
    var weightDecay = 0.01
    /// Of training pictures.
    var width = 128
    var height = 128
    var frames = 8
    /// Whether clips are longer than a picture, so that `--frames` means something.
    var hasFrames = true

    /// For the help page.
    var sentence: String {
        var options = [
            "--steps \(steps)", "--batch \(batch)", "--lr \(learningRate)",
            "--weight-decay \(weightDecay)", "--size \(width)x\(height)",
        ]
        if hasFrames { options.append("--frames \(frames)") }
        return "Unless given: " + options.joined(separator: ", ") + "."
    }
}
