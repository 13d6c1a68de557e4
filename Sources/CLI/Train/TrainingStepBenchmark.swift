import ArgumentParser
import Coordinator
import Models
import Pipelines
import Tensors
import Training

/// `weft benchmark train`: what one training step costs.
struct TrainingStepBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Time one training step of the small gen1.",
        discussion: """
            Forward, backward and AdamW over all parameters, on made-up latents: in float32 what \
            Tests/Peers/train_step.py does in PyTorch with the same config, which --json prints. \
            One step more before is not counted.
            """
    )

    @Option(help: "Timed steps.")
    var repetitions = 5

    @Option(help: "Clips in a batch.")
    var clips = 1

    @Option(help: "Frames of a clip.")
    var frames = 8

    @Option(help: "Height and width of the latents.")
    var side = 16

    @Flag(help: "Remember less and compute more: parts of the network run again on the way back.")
    var recompute = false

    @Flag(help: "Print one JSON object instead of text.")
    var json = false

    @OptionGroup var device: TrainingDeviceOptions

    func validate() throws {
        for (option, value, range) in [
            ("--repetitions", repetitions, 1...10_000), ("--clips", clips, 1...256),
            ("--frames", frames, 1...16), ("--side", side, 4...256),
        ] where !range.contains(value) {
            throw ValidationError(
                "\(option): expected \(range.lowerBound) to \(range.upperBound), found \(value)"
            )
        }
        guard side % 4 == 0 else {
            throw ValidationError("--side: expected a multiple of 4, found \(side)")
        }
    }

    func run() throws {
        let backend = try device.makeBackend()
        var size = TrainingBenchmark.Size()
        size.clips = clips
        size.frames = frames
        size.side = side
        let benchmark = try TrainingBenchmark(size, on: backend, segments: recompute)
        let clock = ContinuousClock()
        var losses: [Double] = []
        var seconds: [Double] = []
        for _ in 0...repetitions {
            let begin = clock.now
            losses.append(try benchmark.takeStep())
            seconds.append((clock.now - begin).seconds)
        }
        let timed = seconds.dropFirst().sorted()
        report(benchmark, backend, timed, losses)
    }

    private func report(
        _ benchmark: TrainingBenchmark,
        _ backend: any DifferentiableBackend,
        _ seconds: [Double],
        _ losses: [Double]
    ) {
        let median = seconds[seconds.count / 2]
        let memory = backend.memory
        guard json else {
            let shape = "\(clips) x \(frames) frames of \(side)x\(side) latents"
            print("\(backend.summary); gen1 of \(benchmark.parameterCount) parameters, \(shape)")
            print(
                "step: median \(fixed(median * 1000, 1)) ms, least \(fixed(seconds[0] * 1000, 1)), "
                    + "largest \(fixed(seconds[seconds.count - 1] * 1000, 1))"
            )
            print(
                "memory: activations, values and gradients "
                    + "\(NumberText.bytes(memory.activationPeakBytes)), packed parameters "
                    + "\(NumberText.bytes(memory.parameterBytes)), process "
                    + NumberText.bytes(peakResidentBytes())
            )
            return
        }
        let members: [String: JSONValue] = [
            "schema": .integer(1),
            "version": .string(weftVersion),
            "device": .string(backend.summary),
            "config": .object(benchmark.config.values),
            "parameters": .integer(benchmark.parameterCount),
            "clips": .integer(clips),
            "frames": .integer(frames),
            "side": .integer(side),
            "recompute": .bool(recompute),
            "seconds": .array(seconds.map { .number($0) }),
            "median_seconds": .number(median),
            "losses": .array(losses.map { .number($0) }),
            "activation_peak_bytes": .integer(memory.activationPeakBytes),
            "packed_parameter_bytes": .integer(memory.parameterBytes),
            "peak_resident_bytes": .integer(peakResidentBytes()),
        ]
        print(JSONValue.object(members).serialized(isIndented: true))
    }
}
