import ArgumentParser
import Models
import Pipelines
import Tensors

extension RunnableComponent: ExpressibleByArgument {}
extension NoiseStream: ExpressibleByArgument {
    init?(argument: String) {
        guard let value = UInt32(argument) else { return nil }
        self.init(rawValue: value)
    }
}

struct ModelRunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run one network of a model on given tensors and write the results.",
        discussion: """
            Tensors are float32 in the reference libraries' own layout (NCHW, NCFHW for video), so \
            that a file written by Python compares directly; Docs/CommandLine.md lists the names. \
            'tokenizer' reads --text, 'noise' makes keyed noise and needs no model.
            """
    )

    @Argument(help: "The network to run.")
    var component: RunnableComponent

    @Option(help: ArgumentHelp(ModelChoice.help), completion: .directory)
    var model: String?

    @Option(help: "Read the weights of this variant, such as fp16.")
    var variant: String?

    @Option(name: .shortAndLong, help: "Safetensors file of inputs.", completion: .file())
    var input: String?

    @Option(name: .shortAndLong, help: "Safetensors file to write.", completion: .file())
    var output: String

    @Option(help: "tokenizer: the text.")
    var text: String?

    @Option(help: "scheduler: steps of the run.")
    var steps: Int?

    @Option(help: "noise: the seed.")
    var seed: UInt64?

    @Option(help: "noise: the stream's number.")
    var stream = NoiseStream.initial

    @Option(help: "noise: the sampler's step.")
    var step = 0

    @Option(help: "noise: absolute frames, as A..<B.", transform: FrameRange.init(argument:))
    var frames: FrameRange?

    @Option(help: "noise: extent of a frame, as C,H,W.", transform: FrameExtent.init(argument:))
    var shape: FrameExtent?

    @OptionGroup var compute: ComputeOptions

    func run() async throws {
        let outputs = try outputs()
        try SafetensorsFile.write(outputs.tensors, integers: outputs.integers, to: output)
    }

    private func outputs() throws -> ComponentOutputs {
        if component == .noise { return try noise() }
        let folder = try CheckpointFolder.open(
            try ModelChoice.folder(try require(model, "--model"))
        )
        let backend = try compute.makeBackend()
        let runner = ComponentRunner(folder, on: backend, variant: variant)
        if component == .tokenizer { return try runner.tokenize(try require(text, "--text")) }
        let file = try SafetensorsFile.open(try require(input, "--input"))
        return try runner.run(component, InputTensors(file), steps: steps)
    }

    private func noise() throws -> ComponentOutputs {
        let source = NoiseSource(seed: try require(seed, "--seed"))
        let frames = try require(frames, "--frames").range
        let extent = try require(shape, "--shape").extent
        guard (0...Int(UInt32.max)).contains(step) else {
            throw Failure(.usage, "--step: expected 0 to \(UInt32.max), found \(step)")
        }
        let noise = source.frames(
            frames,
            extent,
            key: NoiseKey(stream, step: step),
            layout: .channelsFirst
        )
        return ComponentOutputs(tensors: ["noise": noise])
    }

    private func require<Value>(_ value: Value?, _ option: String) throws -> Value {
        guard let value else {
            throw Failure(.usage, "\(option): \(component.rawValue) needs this option")
        }
        return value
    }
}

/// `A..<B`, not empty, of frames that fit the noise's counter.
struct FrameRange {
    let range: Range<Int>

    init(argument: String) throws {
        let bounds = argument.split(separator: "..<", omittingEmptySubsequences: false)
            .compactMap { UInt32($0) }
        guard bounds.count == 2, bounds[0] < bounds[1], bounds[1] - bounds[0] <= 1 << 20 else {
            throw ValidationError("expected frames as A..<B with A below B, found '\(argument)'")
        }
        range = Int(bounds[0])..<Int(bounds[1])
    }
}

/// `C,H,W`, each from 1 on.
struct FrameExtent {
    let extent: NoiseExtent

    init(argument: String) throws {
        let numbers = argument.split(separator: ",", omittingEmptySubsequences: false)
            .compactMap { UInt16($0) }
        guard numbers.count == 3, numbers.allSatisfy({ $0 > 0 }) else {
            throw ValidationError("expected an extent as C,H,W, found '\(argument)'")
        }
        extent = NoiseExtent(
            channels: Int(numbers[0]),
            height: Int(numbers[1]),
            width: Int(numbers[2])
        )
    }
}
