import Glibc
package import Tensors

/// A diffusion prior's scheduler settings, with the class defaults of diffusers' `UnCLIPScheduler`.
package struct UnCLIPConfig: Hashable, Sendable {
    /// T.
    package var trainTimesteps = 1000
    /// Bound of a predicted clean embedding; nil for none.
    package var clippingBound: Double? = 1
    /// `sample` for the published priors; `velocity` has no meaning here.
    package var prediction = PredictionType.epsilon

    package init() {}
}

/// The ancestral sampler of diffusion priors on the squared-cosine schedule.
///
/// Ramesh et al. 2022 (arXiv 2204.06125); DDPM's posterior, Ho et al. 2020, equation 7, over
/// skipped timesteps.
package struct UnCLIPSampler: Hashable, Sendable {
    package let config: UnCLIPConfig
    package let schedule: NoiseSchedule
    /// Training timesteps visited, noisiest first; both ends of the schedule are among them.
    package let timesteps: [Int]

    /// Plans a run of `steps` steps.
    ///
    /// - Throws: `SamplerError` if there are fewer than two or too many steps.
    package init(_ config: UnCLIPConfig, steps: Int) throws(SamplerError) {
        guard steps >= 2, steps <= config.trainTimesteps else {
            throw SamplerError("\(steps) prior steps: expected 2 to \(config.trainTimesteps)")
        }
        guard config.prediction != .velocity else {
            throw SamplerError("prediction_type v_prediction: a prior predicts epsilon or sample")
        }
        self.config = config
        schedule = NoiseSchedule(.squaredCosine, timesteps: config.trainTimesteps)
        timesteps = try TimestepSpacing.linspace.timesteps(
            count: steps,
            of: config.trainTimesteps,
            offset: 0
        )
    }

    /// Step `index`, 0 being the noisiest.
    package func step(_ index: Int) -> UnCLIPStep {
        precondition(timesteps.indices.contains(index), "step \(index) of \(timesteps.count)")
        let timestep = timesteps[index]
        let previous = index + 1 < timesteps.count ? timesteps[index + 1] : timestep - 1
        let alphaBars = (
            now: schedule.alphaBars[timestep],
            next: previous >= 0 ? schedule.alphaBars[previous] : 1
        )
        // β of the skipped span cancels all but a few digits between near timesteps: the float32
        // rounding is part of the reference's definition.
        let beta = Double(
            previous == timestep - 1
                ? schedule.betas[timestep] : 1 - alphaBars.now / alphaBars.next
        )
        let alphaBar = Double(alphaBars.now)
        let previousAlphaBar = Double(alphaBars.next)
        return UnCLIPStep(
            timestep: timestep,
            estimate: config.prediction == .sample
                ? .init(sample: 0, output: 1)
                : .init(
                    sample: 1 / alphaBar.squareRoot(),
                    output: -((1 - alphaBar) / alphaBar).squareRoot()
                ),
            original: previousAlphaBar.squareRoot() * beta / (1 - alphaBar),
            sample: (1 - beta).squareRoot() * (1 - previousAlphaBar) / (1 - alphaBar),
            freshNoise: timestep > 0
                ? max((1 - previousAlphaBar) / (1 - alphaBar) * beta, 1e-20).squareRoot() : 0,
            clippingBound: config.clippingBound
        )
    }
}

/// One step of the prior: x′ = original · clip(x̂₀) + sample · x + freshNoise · z.
package struct UnCLIPStep: Hashable, Sendable {
    package let timestep: Int
    /// x̂₀ before clipping, from the embedding and the network's output.
    package let estimate: DDIMStep.Estimate
    package let original: Double
    package let sample: Double
    /// Standard deviation of the noise added; 0 at timestep 0.
    package let freshNoise: Double
    package let clippingBound: Double?

    /// Takes the step.
    ///
    /// - Parameters:
    ///   - embedding: x, `[N, D]`.
    ///   - model: The network's output after guidance, `[N, D]`.
    ///   - noise: z, `[N, D]`; required if and only if `freshNoise` is not 0.
    /// - Returns: x′, `[N, D]`.
    package func advance(
        _ embedding: HostTensor,
        output model: HostTensor,
        noise: HostTensor? = nil
    ) -> HostTensor {
        precondition(
            embedding.shape == model.shape,
            "an embedding \(embedding.shape) with output \(model.shape)"
        )
        precondition(
            (noise != nil) == (freshNoise > 0),
            "noise of deviation \(freshNoise) is \(noise == nil ? "not " : "")given"
        )
        let bound = clippingBound ?? .infinity
        let values = embedding.values.indices.map { index in
            let x = Double(embedding.values[index])
            let predicted = estimate.sample * x + estimate.output * Double(model.values[index])
            let z = noise.map { Double($0.values[index]) } ?? 0
            return Float(
                original * max(-bound, min(bound, predicted)) + sample * x + freshNoise * z
            )
        }
        return HostTensor(values, embedding.shape)
    }
}
