import ArgumentParser
import Diffusion
import Pipelines

extension NoiseKind: ExpressibleByArgument {}

private let usual = SamplingDefaults()

/// How latents are sampled; what is not given is what suits the model.
struct SamplingOptions: ParsableArguments {
    @Option(help: "Denoising steps; \(usual.steps), unless given or the model says.")
    var steps: Int?

    @Option(help: "Content guidance, omega, 1 is none; \(usual.guidance), as above.")
    var guidance: Double?

    @Option(help: "Temporal guidance, omega_t, 1 is none; \(usual.temporalGuidance), as above.")
    var temporalGuidance: Double?

    @Option(
        help: "Detail taken from the structure, t_s, 0 to 7; \(usual.structureLevel), as above."
    )
    var structureLevel: Int?

    @Option(help: "Share of the steps run from the noised source; 1 starts from pure noise.")
    var strength = 1.0

    @Option(help: "Noise added at each step, eta, 0 to 1; \(usual.eta), as above.")
    var eta: Double?

    @Option(help: "How the frames' noise hangs together; \(usual.noise.rawValue), as above.")
    var noise: NoiseKind?

    @Option(help: "Seed of all noise.")
    var seed: UInt64 = 0

    @Option(help: "Frames of a window; the model's longest up to 16, as above.")
    var window: Int?

    @Option(help: "Frames that neighbouring windows share at least; half a window, as above.")
    var overlap: Int?

    @Option(
        help: "How a window's weight falls towards its ends; \(usual.taper.rawValue), as above."
    )
    var taper: WindowTaper?

    @Option(help: "Blend windows after every so many steps, or never before the end; 1, as above.")
    var fuseEvery: FusionInterval?

    @Option(
        help: """
            Share of the steps after which windows run on their own; \(usual.fuseUntil), as above.
            """
    )
    var fuseUntil: Double?

    /// What was given, and what suits the model where nothing was.
    func resolved(_ defaults: SamplingDefaults) -> SamplingDefaults {
        var choice = defaults.choosing(window: window, overlap: overlap)
        choice.steps = steps ?? defaults.steps
        choice.guidance = guidance ?? defaults.guidance
        choice.temporalGuidance = temporalGuidance ?? defaults.temporalGuidance
        choice.structureLevel = structureLevel ?? defaults.structureLevel
        choice.eta = eta ?? defaults.eta
        choice.noise = noise ?? defaults.noise
        choice.taper = taper ?? defaults.taper
        choice.fusion = fuseEvery ?? defaults.fusion
        choice.fuseUntil = fuseUntil ?? defaults.fuseUntil
        return choice
    }
}
