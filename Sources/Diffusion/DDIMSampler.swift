/// The timesteps and steps of one DDIM run; holds no latent and knows no network.
///
/// Song et al. 2020 (arXiv 2010.02502).
package struct DDIMSampler: Hashable, Sendable {
    /// Where a step leads.
    package enum PreviousTimestep: Hashable, Sendable {
        /// T / N below the current timestep, as diffusers computes it.
        ///
        /// With `linspace` spacing, and where N does not divide T, that is not the timestep of the
        /// next step: the latent is then evaluated slightly off its noise level.
        case diffusers
        /// The timestep of the next step.
        case nextStep
    }

    package let config: SchedulerConfig
    package let schedule: NoiseSchedule
    /// Training timesteps visited, noisiest first.
    package let timesteps: [Int]
    private let previous: PreviousTimestep

    /// Plans a run of `steps` steps.
    ///
    /// - Throws: `SamplerError` if the schedule has too few timesteps, or a timestep without signal
    ///   is to be predicted from noise.
    package init(
        _ config: SchedulerConfig,
        steps: Int,
        previous: PreviousTimestep = .diffusers
    ) throws(SamplerError) {
        self.config = config
        self.previous = previous
        schedule = NoiseSchedule(
            config.betas,
            timesteps: config.trainTimesteps,
            hasZeroTerminalSNR: config.hasZeroTerminalSNR
        )
        guard schedule.alphaBars.count == config.trainTimesteps else {
            throw SamplerError(
                "trained_betas: expected \(config.trainTimesteps) values, found "
                    + "\(schedule.alphaBars.count)"
            )
        }
        timesteps = try config.spacing.timesteps(
            count: steps,
            of: config.trainTimesteps,
            offset: config.stepsOffset
        )
        if config.prediction == .epsilon, schedule.alphaBars[timesteps[0]] == 0 {
            throw SamplerError(
                "prediction_type epsilon: timestep \(timesteps[0]) holds no signal to recover; a "
                    + "schedule rescaled to zero terminal SNR needs v_prediction"
            )
        }
    }

    /// N.
    package var stepCount: Int { timesteps.count }

    /// Step `index`, 0 being the noisiest.
    ///
    /// - Parameters:
    ///   - index: Position in `timesteps`.
    ///   - eta: η, 0 for the deterministic sampler, 1 for DDPM's variance.
    /// - Returns: The step's coefficients.
    package func step(_ index: Int, eta: Double = 0) -> DDIMStep {
        precondition(timesteps.indices.contains(index), "step \(index) of \(stepCount)")
        precondition(eta >= 0, "eta \(eta)")
        return DDIMStep(
            timestep: timesteps[index],
            alphaBar: Double(schedule.alphaBars[timesteps[index]]),
            previousAlphaBar: alphaBar(after: index),
            eta: eta,
            prediction: config.prediction,
            clipping: config.clipping
        )
    }

    /// ᾱ of the latent that step `index` makes.
    package func alphaBar(after index: Int) -> Double {
        let timestep =
            switch previous {
            case .diffusers: timesteps[index] - config.trainTimesteps / stepCount
            case .nextStep: index + 1 < stepCount ? timesteps[index + 1] : -1
            }
        if timestep >= 0 { return Double(schedule.alphaBars[timestep]) }
        return config.isFinalAlphaOne ? 1 : Double(schedule.alphaBars[0])
    }

    /// The first step of a run that starts from a noised source.
    ///
    /// Meng et al. 2021 (SDEdit), counted as diffusers' image-to-image pipelines count.
    ///
    /// - Parameter strength: Share of the steps to run, above 0 up to 1.
    /// - Returns: A position in `timesteps`; the source is noised to that timestep.
    /// - Throws: `SamplerError` if the strength is out of range or leaves no step.
    package func firstStep(strength: Double) throws(SamplerError) -> Int {
        guard strength > 0, strength <= 1 else {
            throw SamplerError("strength \(strength): expected a share above 0 up to 1")
        }
        let count = min(Int(Double(stepCount) * strength), stepCount)
        guard count > 0 else {
            throw SamplerError(
                "strength \(strength) with \(stepCount) steps leaves no step to run; raise either"
            )
        }
        return stepCount - count
    }
}
