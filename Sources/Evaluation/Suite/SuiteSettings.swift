import Diffusion
package import Pipelines
package import Scenes
package import Tensors

/// What a person chooses about a test of the suite; the result is a function of it and the model.
package struct SuiteSettings: Hashable, Sendable {
    /// Clips.
    package var count: Int
    /// The first scene's seed; scenes in which the subject can hardly be seen are passed over.
    package var seed: UInt64
    package var frames: Int
    package var width: Int
    package var height: Int
    /// How clips are sampled, where the test does not say it itself; seed and noise prior are the
    /// clip's own.
    package var sampling: SampleSettings
    /// Of windows, where a clip is longer than one and the test does not say it itself.
    package var arrangement: WindowArrangement
    /// What renderings look like, where the test does not say it itself.
    package var content = Content.prompt
    /// Of the prior that draws what a prompt stands for.
    package var priorGuidance = SamplingDefaults().priorGuidance

    package enum Content: String, CaseIterable, Hashable, Sendable {
        /// The scene's caption with another colour, and in every second clip another finish.
        case prompt
        /// The clip's own middle frame.
        case picture
        /// Nothing.
        case none
    }

    /// Never trained on, and not what training validates with either.
    package static let heldOut = SceneDescription.heldOutSeed + 1 << 20

    package init(
        count: Int,
        seed: UInt64 = Self.heldOut,
        frames: Int,
        width: Int,
        height: Int,
        _ sampling: SampleSettings,
        _ arrangement: WindowArrangement
    ) {
        self.count = count
        self.seed = seed
        self.frames = frames
        self.width = width
        self.height = height
        self.sampling = sampling
        self.arrangement = arrangement
    }

    /// How a clip is sampled: the noise is that of its scene's seed, so that clips do not share it.
    package func sampling(scene seed: UInt64) -> SampleSettings {
        var sampling = sampling
        sampling.seed = seed
        return sampling
    }

    /// The scenes of the clips.
    package var scenes: [SceneDescription] {
        SceneCase.descriptions(count, from: seed, frames: frames, scene)
    }

    /// Of scenes' pictures.
    package var scene: SceneSettings { SceneSettings(width: width, height: height) }

    /// For reports, of a test of a model by devices of one class.
    package func json(_ model: String, on deviceClass: String) -> [String: JSONValue] {
        let interval: JSONValue =
            switch arrangement.interval {
            case .every(let count): .integer(count)
            case .never: .string("never")
            }
        return [
            "model": .string(model), "device": .string(deviceClass),
            "count": .integer(count), "seed": .string("\(seed)"),
            "frames": .integer(frames), "width": .integer(width), "height": .integer(height),
            "content": .string(content.rawValue), "steps": .integer(sampling.steps),
            "guidance": .number(sampling.guidance),
            "prior_guidance": content == .prompt ? .number(priorGuidance) : .null,
            "temporal_guidance": .number(sampling.temporalGuidance),
            "structure_level": .integer(sampling.structureLevel.rounds),
            "eta": .number(sampling.eta), "noise": .string(arrangement.noise.rawValue),
            "window": .integer(arrangement.length), "overlap": .integer(arrangement.shared),
            "taper": .string(arrangement.taper.rawValue), "fuse_every": interval,
            "fuse_until": .number(arrangement.until),
        ]
    }

    /// Sentences on the clips, and on how a model is sampled, for reports.
    package func lines(_ model: String, on deviceClass: String) -> [String] {
        let kind =
            seed >= SceneDescription.heldOutSeed
            ? "never trained on" : "which training may have seen"
        let windows =
            frames <= arrangement.length
            ? "one window, \(arrangement.noise.rawValue) noise"
            : "windows of \(arrangement.length) frames that share \(arrangement.shared), "
                + arrangement.name
        let prior = content == .prompt ? "prior guidance \(priorGuidance), " : ""
        return [
            "\(count) scenes of seeds from \(seed) on (\(kind)), \(frames) frames of "
                + "\(width)x\(height).",
            "Sampled by \(model), where a row does not say otherwise: \(sampling.steps) steps, "
                + "guidance \(sampling.guidance), \(prior)omega_t \(sampling.temporalGuidance), "
                + "t_s \(sampling.structureLevel.rounds), eta \(sampling.eta), \(windows).",
            "Computed by \(deviceClass).",
        ]
    }
}

extension SceneSettings {
    /// The same pictures from a sensor without noise.
    var withoutNoise: SceneSettings {
        SceneSettings(
            width: width,
            height: height,
            framesPerSecond: framesPerSecond,
            look: look,
            hasNoise: false,
            isSmooth: isSmooth,
            softness: softness
        )
    }
}

/// How far a test is, and its pictures; both may throw to stop it.
package struct SuiteObserver {
    /// Called after each rendering.
    package var progress: (SuiteProgress) throws -> Void
    /// Called with a contact sheet of each clip; nil if none are wanted.
    package var sheet: ((SuiteSheet) throws -> Void)?

    package init(
        progress: @escaping (SuiteProgress) throws -> Void = { _ in },
        sheet: ((SuiteSheet) throws -> Void)? = nil
    ) {
        self.progress = progress
        self.sheet = sheet
    }
}

package struct SuiteProgress: Hashable, Sendable {
    /// Renderings, or what else the test counts.
    package let done: Int
    package let total: Int
    /// What was done last.
    package let label: String
}

extension SuiteProgress {
    /// After a rendering of a clip, in a test that renders each clip in the same ways.
    init(rendering: Int, of renderings: Int, clip: Int, of clips: Int, _ name: String) {
        self.init(
            done: clip * renderings + rendering + 1,
            total: clips * renderings,
            label: "clip \(clip + 1), \(name)"
        )
    }
}
