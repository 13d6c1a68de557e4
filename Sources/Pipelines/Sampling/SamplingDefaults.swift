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

    private static let keys: Set<String> = [
        "eta", "fuse_every", "fuse_until", "guidance", "noise", "overlap", "steps",
        "structure_level", "taper", "temporal_guidance", "window",
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

    private func check(_ config: ConfigObject) throws(ConfigError) {
        func expect(_ isRight: Bool, _ key: String, _ expected: String) throws(ConfigError) {
            guard isRight else { throw config.unexpected(key, expected) }
        }
        try expect(steps <= 1000, "steps", "1 to 1000")
        try expect(guidance.isFinite, "guidance", "a finite number")
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

extension ConfigObject {
    fileprivate func unexpected(_ key: String, _ expected: String) -> ConfigError {
        let found = values[key, default: .null].serialized()
        return ConfigError("\(label): \(key): expected \(expected), found \(found)")
    }
}
