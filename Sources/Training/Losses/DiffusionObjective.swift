package import Diffusion
package import Tensors

/// What a video network is trained for: predicting v of noised latents.
///
/// Esser et al. 2023 (arXiv 2302.03011), section 3.1, with v-prediction as in Salimans & Ho 2022:
///
///     x_t = √ᾱ_t · x_0 + √(1 − ᾱ_t) · ε
///     v   = √ᾱ_t · ε − √(1 − ᾱ_t) · x_0
package struct DiffusionObjective: Hashable, Sendable {
    package let schedule: NoiseSchedule
    package let weighting: LossWeighting

    package init(schedule: NoiseSchedule, weighting: LossWeighting = .velocity) {
        self.schedule = schedule
        self.weighting = weighting
    }

    /// One clip ready for the network.
    package struct Example: Equatable, Sendable {
        package let timestep: Int
        /// x_t, what the network sees.
        package let noised: HostTensor
        /// v, what it should say.
        package let target: HostTensor
    }

    /// Noises a clean latent.
    ///
    /// - Parameters:
    ///   - clean: x_0 of any shape, float32, after the autoencoder's scaling.
    ///   - noise: ε of the same shape, standard normal.
    ///   - timestep: t, from 0 to the schedule's last.
    /// - Returns: Input and target at t.
    package func example(clean: HostTensor, noise: HostTensor, timestep: Int) -> Example {
        let level = schedule.noising(at: timestep)
        // v is the same combination of the pair turned by a quarter: ε for x_0 and −x_0 for ε.
        let turned = HostTensor(clean.values.map { -$0 }, clean.shape)
        return Example(
            timestep: timestep,
            noised: level(clean, noise: noise),
            target: level(noise, noise: turned)
        )
    }

    /// Judges a prediction.
    ///
    /// - Parameters:
    ///   - prediction: The network's v, of the example's shape.
    ///   - example: What it was predicted from.
    /// - Returns: w_t · mean((v̂ − v)²) and its derivative.
    package func loss(_ prediction: HostTensor, _ example: Example) -> Loss {
        precondition(
            prediction.shape == example.target.shape && prediction.shape.count > 0,
            "a prediction of \(prediction.shape) for a target of \(example.target.shape)"
        )
        let weight = weighting.weight(at: example.timestep, in: schedule)
        let scale = weight / Double(prediction.shape.count)
        var sum = 0.0
        let gradient = zip(prediction.values, example.target.values).map { found, expected in
            let difference = Double(found) - Double(expected)
            sum += difference * difference
            return Float(2 * scale * difference)
        }
        return Loss(value: scale * sum, gradient: HostTensor(gradient, prediction.shape))
    }
}
