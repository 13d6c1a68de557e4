/// What the output of a denoiser means.
package enum PredictionType: String, CaseIterable, Sendable {
    /// The noise ε.
    case epsilon
    /// The clean latent x_0.
    case sample
    /// v = √ᾱ ε − √(1 − ᾱ) x_0 (Salimans & Ho 2022, section 4).
    case velocity = "v_prediction"
}

/// What is done to a predicted clean latent before a step uses it.
package enum SampleClipping: Hashable, Sendable {
    case none
    /// Values beyond ± the bound are set to it.
    case range(Double)
    /// Per frame: clipped to ± s and divided by s, with s the `ratio` quantile of |x̂₀| held to
    /// 1 ... `largest`.
    ///
    /// Saharia et al. 2022, section 2.3. Never per window, so that a frame's result does not depend
    /// on the window that made it.
    case dynamic(ratio: Double, largest: Double)
}

/// A DDIM scheduler's settings, with the class defaults of diffusers' `DDIMScheduler`.
package struct SchedulerConfig: Hashable, Sendable {
    /// T.
    package var trainTimesteps = 1000
    package var betas = BetaSchedule.linear(start: 0.0001, end: 0.02)
    package var hasZeroTerminalSNR = false
    package var prediction = PredictionType.epsilon
    package var clipping = SampleClipping.range(1)
    /// Whether the last step ends at ᾱ = 1 rather than at ᾱ_0.
    package var isFinalAlphaOne = true
    package var spacing = TimestepSpacing.leading
    package var stepsOffset = 0

    package init() {}

    /// The settings that Stable Diffusion's checkpoints ship.
    package static let stableDiffusion: SchedulerConfig = {
        var config = SchedulerConfig()
        config.betas = .scaledLinear(start: 0.00085, end: 0.012)
        config.clipping = .none
        config.isFinalAlphaOne = false
        config.stepsOffset = 1
        return config
    }()
}
