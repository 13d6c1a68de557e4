/// A job as it was submitted: all that its result depends on, with nothing left to defaults.
///
/// Who submits has read the model's configuration; the coordinator never sees a network. Paths are
/// absolute, on the coordinator's machine but for `model`, which is on the workers' and may be the
/// name of the model that comes with weft.
package struct JobSpecification: Hashable, Sendable {
    package enum Noise: UInt32, CaseIterable, Hashable, Sendable {
        case independent = 1
        case shuffled = 2
        case lock = 3
    }

    package enum Taper: UInt32, CaseIterable, Hashable, Sendable {
        case hann = 1
        case linear = 2
        case pyramid = 3
        case flat = 4
    }

    // What goes in and where it goes.
    package var input = ""
    package var output = ""
    /// First moment of the input that is rendered, in seconds from the start of its picture.
    package var start = WireRational(0, 1)
    /// Length that is rendered in seconds; nil to the end.
    package var duration: WireRational?
    /// Frames a second of the output; nil keeps each frame of the source with its own time.
    package var frameRate: WireRational?
    /// `h264`, `hevc`, `ffv1`, `prores` or `png`.
    package var codec = "h264"
    /// The encoder's constant rate factor; nil is its default.
    package var rateFactor: UInt32?
    package var copiesSound = true
    package var writesPreview = false

    // The model.
    package var model = ""
    /// What tells this model from others, 32 bytes; `ModelFingerprint` in Pipelines.
    package var modelFingerprint: [UInt8] = []
    package var variant: String?
    /// Size of the picture; multiples of what the model needs.
    package var width: UInt32 = 0
    package var height: UInt32 = 0
    /// Pixels of a latent's side, 8 for all public autoencoders.
    package var latentScale: UInt32 = 8
    package var latentChannels: UInt32 = 4
    /// Width of the content embedding.
    package var contentChannels: UInt32 = 0

    // The content.
    package var prompt: String?
    package var negativePrompt: String?
    /// A picture whose look is taken.
    package var image: String?
    /// A picture or video, white where the source is repainted and black where it is kept.
    package var mask: String?

    // Sampling; the letters are the paper's.
    package var seed: UInt64 = 0
    package var steps: UInt32 = 50
    /// ω.
    package var guidance = 7.5
    /// ω_t.
    package var temporalGuidance = 1.0
    /// t_s, 0 to 7.
    package var structureLevel: UInt32 = 0
    /// Share of the steps run from the noised source; 1 starts from pure noise.
    package var strength = 1.0
    /// η.
    package var eta = 0.0
    package var noise = Noise.shuffled
    package var priorSteps: UInt32 = 25
    package var priorGuidance = 4.0

    // Windows.
    package var window: UInt32 = 16
    package var overlap: UInt32 = 8
    package var taper = Taper.hann
    /// K; 0 is never.
    package var fuseEvery: UInt32 = 1
    package var fuseUntil = 0.6
    /// Frames of a depth or decode unit.
    package var chunkFrames: UInt32 = 8

    package init() {}
}

/// An exact number of seconds, or frames a second.
package struct WireRational: Hashable, Sendable {
    package var numerator: Int64
    /// At least 1.
    package var denominator: Int64

    package init(_ numerator: Int64, _ denominator: Int64) {
        self.numerator = numerator
        self.denominator = denominator
    }
}
