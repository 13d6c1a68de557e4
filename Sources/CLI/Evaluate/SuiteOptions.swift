import ArgumentParser
import Coordinator
import Evaluation
import Pipelines
import Scenes

/// The model that is judged, and the device that computes.
struct SuiteModelOptions: ParsableArguments {
    @Option(help: ArgumentHelp(ModelChoice.helpWithDefault), completion: .directory)
    var model: String?

    @Option(help: "Read the weights of this variant, such as fp16.")
    var variant: String?

    @OptionGroup var compute: ComputeOptions

    func studio() throws -> SceneStudio { try studio(ModelChoice(model)) }

    /// Another model, read and run likewise.
    func studio(_ choice: ModelChoice) throws -> SceneStudio {
        let device = try compute.makeDevice()
        return try SceneStudio(
            choice.folder,
            name: choice.jobName,
            variant: variant,
            on: device.backend,
            deviceClass: device.deviceClass
        )
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
    ///   - sampling: How clips are sampled.
    /// - Returns: Settings of a test.
    /// - Throws: `Failure` for a size that the model or scenes cannot have, `StitchError` for
    ///   windows that the model does not take.
    func settings(
        _ studio: SceneStudio,
        count: Int,
        frames: Int,
        _ sampling: SamplingDefaults
    ) throws -> SuiteSettings {
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
        var settings = SuiteSettings(
            count: self.count ?? count,
            seed: seed,
            frames: self.frames ?? frames,
            width: size.width,
            height: size.height,
            try SampleSettings(sampling),
            try WindowArrangement(sampling, framesMax: studio.facts.maxFrames)
        )
        settings.priorGuidance = sampling.priorGuidance
        return settings
    }
}

private let usual = SamplingDefaults()

/// How clips are sampled; what is not given is what suits the model, as in rendering.
struct SuiteSamplingOptions: ParsableArguments {
    @Option(help: "Denoising steps; \(usual.steps), unless given or the model says.")
    var steps: Int?

    @Option(help: "Content guidance, omega, 1 is none; \(usual.guidance), as above.")
    var guidance: Double?

    @OptionGroup var prior: PriorOptions

    @Option(help: "Frames of a window; the model's longest up to 16, as above.")
    var window: Int?

    func validate() throws {
        if let steps, !(1...1000).contains(steps) {
            throw ValidationError("--steps: expected 1 to 1000, found \(steps)")
        }
        if let guidance, !guidance.isFinite {
            throw ValidationError("--guidance: expected a number, found \(guidance)")
        }
    }

    func resolved(_ defaults: SamplingDefaults) -> SamplingDefaults {
        var choice = defaults.choosing(window: window, overlap: nil)
        choice.steps = steps ?? defaults.steps
        choice.guidance = guidance ?? defaults.guidance
        choice.priorGuidance = prior.priorGuidance ?? defaults.priorGuidance
        return choice
    }
}

/// The structure level, where the test does not go through several.
struct SuiteLevelOption: ParsableArguments {
    @Option(
        help: "Detail taken from the structure, t_s, 0 to 7; \(usual.structureLevel), as above."
    )
    var structureLevel: Int?

    func resolved(_ defaults: SamplingDefaults) -> SamplingDefaults {
        var choice = defaults
        choice.structureLevel = structureLevel ?? defaults.structureLevel
        return choice
    }

    func validate() throws {
        if let structureLevel, !(0...StructureLevel.largest).contains(structureLevel) {
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

    /// Refuses what nothing but a prompt makes use of.
    func check(_ sampling: SuiteSamplingOptions) throws {
        guard content != .prompt else { return }
        try sampling.prior.refuse("--content \(content.rawValue)")
    }
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

extension ValueList where Value == Int {
    /// Refuses what is no structure level.
    func checkLevels(_ option: String) throws {
        let known = 0...StructureLevel.largest
        if let wrong = values.first(where: { !known.contains($0) }) {
            throw ValidationError("\(option): expected 0 to \(known.upperBound), found \(wrong)")
        }
    }
}

extension ValueList where Value == Double {
    /// Refuses what is no finite number.
    func checkNumbers(_ option: String) throws {
        if let wrong = values.first(where: { !$0.isFinite }) {
            throw ValidationError("\(option): expected numbers, found \(wrong)")
        }
    }
}
