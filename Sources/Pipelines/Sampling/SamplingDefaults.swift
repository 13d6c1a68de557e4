package import Diffusion
package import Models
import Tensors

/// How a model is sampled where nobody chose otherwise.
///
/// A model says what suits it in `model_index.json` under the key `_weft_defaults`; what it does
/// not say is as usual for models of this family. The size of its pictures is the `sample_size` of
/// its UNet.
package struct SamplingDefaults: Hashable, Sendable {
    package var steps = 50
    package var guidance = 7.5
    /// Of the prior, where a prompt says what a rendering looks like.
    package var priorGuidance = 4.0
    package var temporalGuidance = 1.0
    package var structureLevel = 0
    package var eta = 0.0
    package var noise = NoiseKind.shuffled
    /// Frames of a window; nil is the model's longest, up to 16.
    package var window: Int?
    /// Frames that neighbours share at least; nil is half a window.
    package var overlap: Int?
    package var taper = WindowTaper.hann
    package var fusion = FusionInterval.every(1)
    package var fuseUntil = 0.6

    /// The key of `model_index.json`.
    package static let key = "_weft_defaults"

    /// What a prior's guidance can be.
    package static let priorGuidances = -1000.0...1000.0

    private static let keys: Set<String> = [
        "eta", "fuse_every", "fuse_until", "guidance", "noise", "overlap", "prior_guidance",
        "steps", "structure_level", "taper", "temporal_guidance", "window",
    ]

    package init() {}

    /// What suits a model.
    ///
    /// - Throws: `ConfigError` as for a part of its index.
    package init(_ folder: CheckpointFolder) throws(ConfigError) {
        try self.init(folder.index.object(Self.key))
    }

    /// Reads what a model says of itself.
    ///
    /// - Throws: `ConfigError` for a key that is none or a value that makes no run.
    package init(_ config: ConfigObject) throws(ConfigError) {
        for key in config.values.keys.sorted() where !Self.keys.contains(key) {
            throw ConfigError("\(config.label): \(key): no such key")
        }
        steps = try config.count("steps", default: steps)
        guidance = try config.number("guidance", default: guidance)
        priorGuidance = try config.number("prior_guidance", default: priorGuidance)
        temporalGuidance = try config.number("temporal_guidance", default: temporalGuidance)
        structureLevel = try config.integer("structure_level", default: structureLevel)
        eta = try config.number("eta", default: eta)
        noise = try config.choice("noise", default: noise)
        if config.contains("window") { window = try config.count("window") }
        if config.contains("overlap") { overlap = try config.integer("overlap") }
        taper = try config.choice("taper", default: taper)
        if config.values["fuse_every"] == .string("never") {
            fusion = .never
        } else if config.contains("fuse_every") {
            fusion = .every(try config.count("fuse_every"))
        }
        fuseUntil = try config.number("fuse_until", default: fuseUntil)
        try check(config)
    }

    /// The same with windows that somebody chose; nil is no choice.
    ///
    /// A model's overlap is that of its own window.
    package func choosing(window: Int?, overlap: Int?) -> SamplingDefaults {
        var choice = self
        choice.window = window ?? self.window
        choice.overlap = overlap ?? (window == nil ? self.overlap : nil)
        return choice
    }

    /// Frames of a window.
    ///
    /// - Parameter framesMax: Frames for which the model has positions.
    /// - Returns: What was chosen, or else as many, up to 16.
    /// - Throws: `StitchError` if more were chosen than the model has positions for.
    package func windowLength(framesMax: Int) throws(StitchError) -> Int {
        let length = window ?? min(16, framesMax)
        guard (1...framesMax).contains(length) else {
            throw StitchError(
                .settings,
                "--window: the model has positions for 1 to \(framesMax) frames, found \(length)"
            )
        }
        return length
    }

    private func check(_ config: ConfigObject) throws(ConfigError) {
        func expect(_ isRight: Bool, _ key: String, _ expected: String) throws(ConfigError) {
            guard isRight else { throw config.unexpected(key, expected) }
        }
        try expect(steps <= 1000, "steps", "1 to 1000")
        try expect(guidance.isFinite, "guidance", "a finite number")
        try expect(
            Self.priorGuidances.contains(priorGuidance),
            "prior_guidance",
            "-1000 to 1000"
        )
        try expect(temporalGuidance.isFinite, "temporal_guidance", "a finite number")
        try expect(
            (0...StructureLevel.largest).contains(structureLevel),
            "structure_level",
            "0 to \(StructureLevel.largest)"
        )
        try expect((0...1).contains(eta), "eta", "0 to 1")
        try expect((0...1).contains(fuseUntil), "fuse_until", "0 to 1")
        if let overlap {
            try expect((0..<(window ?? .max)).contains(overlap), "overlap", "less than a window")
        }
        if case .every(let count) = fusion {
            try expect(count <= 1000, "fuse_every", "1 to 1000 or \"never\"")
        }
    }
}

extension SampleSettings {
    /// What was chosen, from the seed 0 and pure noise.
    ///
    /// - Throws: `InputError` for a structure level that there is not.
    package init(_ choice: SamplingDefaults) throws(InputError) {
        self.init(structureLevel: try StructureLevel(choice.structureLevel))
        steps = choice.steps
        guidance = choice.guidance
        temporalGuidance = choice.temporalGuidance
        eta = choice.eta
    }
}

extension ConfigObject {
    fileprivate func unexpected(_ key: String, _ expected: String) -> ConfigError {
        let found = values[key, default: .null].serialized()
        return ConfigError("\(label): \(key): expected \(expected), found \(found)")
    }
}
