package import Diffusion

/// How much the error at a timestep counts.
///
/// The network predicts v, so weights are stated for the squared error of v. An error of v is an
/// error √(1 − ᾱ_t) times as large of x_0, and √ᾱ_t times as large of ε.
package enum LossWeighting: Hashable, Sendable {
    /// The squared error of v itself: the plain reading of the paper.
    case velocity
    /// The squared error of the clean latent x_0.
    case clean
    /// The squared error of the noise ε, Ho et al. 2020, equation 14.
    case noise
    /// The squared error of the posterior mean μ_t: the paper's section 3.1 with λ_t = 1.
    case posteriorMean
    /// Hang et al. 2023: the signal-to-noise ratio's weight on x_0, cut off at γ.
    case minimumSNR(gamma: Double)

    /// The factor on the squared error of v at `timestep`.
    package func weight(at timestep: Int, in schedule: NoiseSchedule) -> Double {
        let alphaBar = Double(schedule.alphaBars[timestep])
        switch self {
        case .velocity: return 1
        case .clean: return 1 - alphaBar
        case .noise: return alphaBar
        case .posteriorMean:
            // μ_t = (√ᾱ_{t−1} β_t / (1 − ᾱ_t)) x_0 + …, with the rest free of the prediction.
            let previous = timestep > 0 ? Double(schedule.alphaBars[timestep - 1]) : 1
            let beta = Double(schedule.betas[timestep])
            return previous * beta * beta / (1 - alphaBar)
        case .minimumSNR(let gamma):
            // min(SNR, γ) · (1 − ᾱ) without dividing by 1 − ᾱ, which may round to 0.
            return min(alphaBar, gamma * (1 - alphaBar))
        }
    }
}
