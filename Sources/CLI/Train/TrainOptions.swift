import ArgumentParser
import Coordinator
import Models
import Tensors
import Training

extension RateSchedule: ExpressibleByArgument {}
extension FreshModel.Sizes: ExpressibleByArgument {}

/// Options that all stages of `weft train` share.
struct TrainOptions: ParsableArguments {
    @Option(
        help: """
            The model folder to start from, or weft-small; what is not trained is carried along.
            """,
        completion: .directory
    )
    var model: String?

    @Option(help: "Start from a fresh model of these sizes instead.")
    var config: FreshModel.Sizes?

    @Option(
        name: .shortAndLong,
        help: """
            Folder of the run: checkpoints, logs, pictures. The same command with the same folder \
            continues.
            """,
        completion: .directory
    )
    var output: String

    @Option(
        parsing: .upToNextOption,
        help: "What to train on: scenes, folders of videos and pictures, or both."
    )
    var data: [String] = ["scenes"]

    @Option(help: "Steps in all.")
    var steps: Int?

    @Option(help: "Examples in a micro-batch.")
    var batch: Int?

    @Option(help: "Micro-batches whose mean gradient makes a step.")
    var accumulate = 1

    @Option(help: "The largest learning rate.")
    var lr: Double?

    @Option(help: "Steps in which the rate rises to the largest.")
    var warmUp = 100

    @Option(help: "How the rate goes on: constant, or to 0 as a cosine or a line.")
    var schedule = RateSchedule.cosine

    @Option(help: "Of matrices and kernels, as AdamW has it.")
    var weightDecay: Double?

    @Option(help: "The largest norm of a step's gradient; 0 leaves it as it is.")
    var clip = 1.0

    @Option(help: "How much of the averaged weights stays at each step; 0 for no average.")
    var ema = 0.999

    @Option(help: "Of everything by chance.")
    var seed: UInt64 = 0

    @Option(help: "Size of the pictures.")
    var size: PictureSize?

    @Option(help: "Frames of a clip.")
    var frames: Int?

    @Option(help: "Steps between checkpoints.")
    var checkpointEvery = 500

    @Option(help: "Steps between validations.")
    var validateEvery = 500

    @Option(help: "Newest checkpoints that are kept.")
    var keep = 2

    @Option(help: "Also keep the checkpoints at multiples of so many steps.")
    var keepEvery: Int?

    @Flag(help: "Set a damaged checkpoint aside and continue from the one before it.")
    var skipDamaged = false

    @Flag(help: "Remember less and compute more: parts of the network run again on the way back.")
    var recompute = false

    @Flag(help: "Run one micro-batch, tell what the run takes, and write nothing.")
    var dryRun = false

    @Flag(help: "Print JSON objects, one a line, instead of text.")
    var json = false

    func validate() throws {
        guard (model == nil) != (config == nil) else {
            throw ValidationError("expected either --model or --config")
        }
        for (option, value, range) in [
            ("--steps", steps ?? 1, 1...Self.stepsMax), ("--batch", batch ?? 1, 1...4096),
            ("--accumulate", accumulate, 1...4096), ("--warm-up", warmUp, 0...Self.stepsMax),
            ("--frames", frames ?? 1, 1...4096),
            ("--checkpoint-every", checkpointEvery, 1...Self.stepsMax),
            ("--validate-every", validateEvery, 1...Self.stepsMax), ("--keep", keep, 1...1000),
            ("--keep-every", keepEvery ?? 1, 1...Self.stepsMax),
        ] where !range.contains(value) {
            throw ValidationError(
                "\(option): expected \(range.lowerBound) to \(range.upperBound), found \(value)"
            )
        }
        for (option, value, range) in [
            ("--lr", lr ?? 1, Double.leastNormalMagnitude...1e3),
            ("--weight-decay", weightDecay ?? 0, 0...1e3), ("--clip", clip, 0...1e9),
            ("--ema", ema, 0...0.999_999_9),
        ] where !range.contains(value) {
            throw ValidationError(
                "\(option): expected \(range.lowerBound) to \(range.upperBound), found \(value)"
            )
        }
        guard !data.isEmpty else { throw ValidationError("--data: expected scenes or folders") }
    }

    private static let stepsMax = 1_000_000_000

    func settings(_ defaults: StageDefaults) -> TrainingSettings {
        var settings = TrainingSettings(
            steps: steps ?? defaults.steps,
            learningRate: lr ?? defaults.learningRate,
            warmUp: warmUp,
            clipNorm: clip > 0 ? clip : nil,
            averageDecay: ema,
            checkpointEvery: checkpointEvery,
            validateEvery: validateEvery
        )
        settings.schedule = schedule
        settings.adam.weightDecay = weightDecay ?? defaults.weightDecay
        settings.accumulation = accumulate
        settings.seed = seed
        settings.keep = keep
        settings.keepEvery = keepEvery
        return settings
    }

    func inputs(_ defaults: StageDefaults) throws -> TrainingInputs {
        guard defaults.hasFrames || frames == nil else {
            throw Failure(.usage, "--frames: this stage trains on single pictures")
        }
        return TrainingInputs(
            data: data,
            width: size?.width ?? defaults.width,
            height: size?.height ?? defaults.height,
            frames: defaults.hasFrames ? frames ?? defaults.frames : 1,
            batch: batch ?? defaults.batch,
            seed: seed
        )
    }

    /// What neither the loop's settings nor the device say and the weights depend on.
    ///
    /// Kernels for other processors have other last digits too, but a run may have to go on where
    /// there are no others.
    func binding(_ inputs: TrainingInputs, fingerprint: String) -> [String: JSONValue] {
        [
            "model": .string(fingerprint),
            "data": .array(inputs.data.map { .string($0) }),
            "size": .string("\(inputs.width)x\(inputs.height)"),
            "frames": .integer(inputs.frames),
            "batch": .integer(inputs.batch),
        ]
    }
}
