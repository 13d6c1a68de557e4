import ArgumentParser
import Coordinator
import Evaluation
import Pipelines
import Scenes

/// The model that is judged, and the device that computes.
struct SuiteModelOptions: ParsableArguments {
    @Option(help: ArgumentHelp(ModelChoice.help), completion: .directory)
    var model: String

    @Option(help: "Read the weights of this variant, such as fp16.")
    var variant: String?

    @OptionGroup var device: DeviceOptions

    func studio() throws -> SceneStudio {
        try SceneStudio(ModelChoice.folder(model), variant: variant, on: device.makeBackend())
    }
}

/// Which clips.
struct SuiteClipOptions: ParsableArguments {
    @Option(help: "Clips.")
    var count: Int?

    @Option(
        help: """
            Seed of the first scene; those from 2^62 on are never trained on. Scenes in which the \
            subject is hardly seen are passed over.
            """
    )
    var seed = SuiteSettings.heldOut

    @Option(help: "Frames of a clip.")
    var frames: Int?

    @Option(help: "Size of the pictures as WxH; the model's own unless given.")
    var size: PictureSize?

    func validate() throws {
        for (option, value, range) in [
            ("--count", count ?? 1, 1...10_000), ("--frames", frames ?? 1, 1...4096),
        ] where !range.contains(value) {
            throw ValidationError(
                "\(option): expected \(range.lowerBound) to \(range.upperBound), found \(value)"
            )
        }
        // Far from the end, so that neither clips nor their examples go beyond it.
        guard seed < 1 << 63 else {
            throw ValidationError("--seed: expected less than 2^63, found \(seed)")
        }
    }

    /// What these options make of a test's own defaults.
    ///
    /// - Parameters:
    ///   - studio: The model, whose networks decide about sizes.
    ///   - count: Clips unless given.
    ///   - frames: Of a clip unless given.
    /// - Returns: Settings of a test, those of sampling at their defaults.
    /// - Throws: `Failure` for a size that the model or scenes cannot have.
    func settings(_ studio: SceneStudio, count: Int, frames: Int) throws -> SuiteSettings {
        let edge = studio.facts.nativeSize
        let size = size ?? PictureSize(width: edge, height: edge)
        let multiple = studio.facts.sizeMultiple
        let sides = SceneSettings.sides
        for side in [size.width, size.height] {
            guard side % multiple == 0, sides.contains(side) else {
                throw Failure(
                    .usage,
                    "--size: expected multiples of \(multiple) from 8 to 4096, found \(size)"
                )
            }
        }
        return SuiteSettings(
            count: self.count ?? count,
            seed: seed,
            frames: self.frames ?? frames,
            width: size.width,
            height: size.height,
            structureLevel: try StructureLevel(0)
        )
    }
}

/// How clips are sampled.
struct SuiteSamplingOptions: ParsableArguments {
    @Option(help: "Denoising steps.")
    var steps = 25

    @Option(help: "Content guidance, omega; 1 is none.")
    var guidance = 7.5

    func validate() throws {
        guard (1...1000).contains(steps) else {
            throw ValidationError("--steps: expected 1 to 1000, found \(steps)")
        }
        guard guidance.isFinite else {
            throw ValidationError("--guidance: expected a number, found \(guidance)")
        }
    }

    func apply(to settings: inout SuiteSettings) {
        settings.steps = steps
        settings.guidance = guidance
    }
}

/// The structure level, where the test does not go through several.
struct SuiteLevelOption: ParsableArguments {
    @Option(help: "Detail taken from the structure, t_s: 0 to 7.")
    var structureLevel = 0

    func validate() throws {
        guard (0...StructureLevel.largest).contains(structureLevel) else {
            throw ValidationError(
                "--structure-level: expected 0 to \(StructureLevel.largest), found "
                    + "\(structureLevel)"
            )
        }
    }
}

extension SuiteSettings.Content: ExpressibleByArgument {}

/// What renderings show, where the test does not say it itself.
struct SuiteContentOption: ParsableArguments {
    @Option(
        help: """
            What renderings are to look like: prompt (the scene in another colour, every second \
            one in another finish too), picture (the clip's own middle frame) or none.
            """
    )
    var content = SuiteSettings.Content.prompt
}

/// Values after commas, such as `0,3,7`.
struct ValueList<Value: LosslessStringConvertible & Sendable>: ExpressibleByArgument, Sendable {
    let values: [Value]

    init(_ values: [Value]) {
        self.values = values
    }

    init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
        let values = parts.compactMap { Value(String($0)) }
        guard values.count == parts.count, !values.isEmpty else { return nil }
        self.values = values
    }

    var defaultValueDescription: String { values.map { "\($0)" }.joined(separator: ",") }
}

/// Several of a set of names, after commas.
struct NameList<Value: ExpressibleByArgument & Sendable>: ExpressibleByArgument, Sendable {
    let values: [Value]

    init(_ values: [Value]) {
        self.values = values
    }

    init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
        let values = parts.compactMap { Value(argument: String($0)) }
        guard values.count == parts.count, !values.isEmpty else { return nil }
        self.values = values
    }

    var defaultValueDescription: String {
        values.map(\.defaultValueDescription).joined(separator: ",")
    }

    static var allValueStrings: [String] { [] }
}
