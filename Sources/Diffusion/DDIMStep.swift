package import Tensors

/// One DDIM step as coefficients.
///
/// Song et al. 2020, equation 12. With m the denoiser's output after guidance, z fresh noise and ′
/// the level stepped to:
///
///     x̂₀ = clip(original.sample · x + original.output · m)
///     ε  = noise.sample · x + noise.output · m
///     x′ = √ᾱ′ · x̂₀ + √(1 − ᾱ′ − s²) · ε + s · z
///
/// ε is not computed again from a clipped x̂₀. Without clipping the step is linear,
/// x′ = sample · x + output · m + s · z, so that blending windows before or after it is the same.
package struct DDIMStep: Hashable, Sendable {
    /// A linear function of the latent and the denoiser's output.
    package struct Estimate: Hashable, Sendable {
        package let sample: Double
        package let output: Double
    }

    package let timestep: Int
    /// x̂₀ before clipping.
    package let original: Estimate
    /// ε.
    package let noise: Estimate
    /// √ᾱ′.
    package let originalWeight: Double
    /// √(1 − ᾱ′ − s²).
    package let noiseWeight: Double
    /// s, the standard deviation of the noise added; 0 if η is 0.
    package let freshNoise: Double
    package let clipping: SampleClipping

    init(
        timestep: Int,
        alphaBar: Double,
        previousAlphaBar: Double,
        eta: Double,
        prediction: PredictionType,
        clipping: SampleClipping
    ) {
        self.timestep = timestep
        self.clipping = clipping
        let signal = alphaBar.squareRoot()
        let spread = (1 - alphaBar).squareRoot()
        switch prediction {
        case .epsilon:
            original = Estimate(sample: 1 / signal, output: -spread / signal)
            noise = Estimate(sample: 0, output: 1)
        case .sample:
            original = Estimate(sample: 0, output: 1)
            noise = Estimate(sample: 1 / spread, output: -signal / spread)
        case .velocity:
            original = Estimate(sample: signal, output: -spread)
            noise = Estimate(sample: spread, output: signal)
        }
        let variance = (1 - previousAlphaBar) / (1 - alphaBar) * (1 - alphaBar / previousAlphaBar)
        freshNoise = eta * max(variance, 0).squareRoot()
        originalWeight = previousAlphaBar.squareRoot()
        noiseWeight = max(1 - previousAlphaBar - freshNoise * freshNoise, 0).squareRoot()
    }

    /// Coefficient of the latent in the step without clipping.
    package var sample: Double { originalWeight * original.sample + noiseWeight * noise.sample }

    /// Coefficient of the denoiser's output in the step without clipping.
    package var output: Double { originalWeight * original.output + noiseWeight * noise.output }
}

extension DDIMStep {
    /// Takes the step on the latents' device.
    ///
    /// - Parameters:
    ///   - latents: x, of any shape whose outermost axis is frames.
    ///   - model: The denoiser's output m, of the same shape.
    ///   - fresh: z, of the same shape; required if and only if `freshNoise` is not 0.
    /// - Returns: x′.
    /// - Throws: `BackendError` if the device failed; only clipping has to wait for it.
    package func advance(
        _ latents: Tensor,
        output model: Tensor,
        noise fresh: Tensor? = nil
    ) throws(BackendError) -> Tensor {
        checkNoise(isGiven: fresh != nil)
        var terms: [(coefficient: Float, tensor: Tensor)]
        if clipping == .none {
            terms = [(Float(sample), latents), (Float(output), model)]
        } else {
            // Latents are small, so clipping need not be an operation of every backend.
            let original = try predictedOriginal(latents, output: model)
            terms = [
                (Float(originalWeight), original),
                (Float(noiseWeight * noise.sample), latents),
                (Float(noiseWeight * noise.output), model),
            ]
        }
        if let fresh { terms.append((Float(freshNoise), fresh)) }
        return latents.backend.combine(terms)
    }

    /// The clean latents x̂₀ that the denoiser's output stands for, clipped.
    ///
    /// - Throws: `BackendError` if the device failed; only clipping has to wait for it.
    package func predictedOriginal(
        _ latents: Tensor,
        output model: Tensor
    ) throws(BackendError) -> Tensor {
        let estimate = latents.backend.combine([
            (Float(original.sample), latents), (Float(original.output), model),
        ])
        guard clipping != .none else { return estimate }
        return latents.backend.upload(clipping.apply(to: try estimate.download()))
    }

    /// Takes the step in ordinary memory; parameters and result as for `Tensor`.
    package func advance(
        _ latents: HostTensor,
        output model: HostTensor,
        noise fresh: HostTensor? = nil
    ) -> HostTensor {
        checkNoise(isGiven: fresh != nil)
        precondition(latents.shape == model.shape, "\(latents.shape), output \(model.shape)")
        // x̂₀ where clipping makes the step non-linear.
        let clipped = clipping == .none ? nil : predictedOriginal(latents, output: model).values
        let values = latents.values.indices.map { index in
            let x = Double(latents.values[index])
            let m = Double(model.values[index])
            let z = fresh.map { Double($0.values[index]) } ?? 0
            let deterministic =
                clipped.map {
                    originalWeight * Double($0[index])
                        + noiseWeight * (noise.sample * x + noise.output * m)
                } ?? (sample * x + output * m)
            return Float(deterministic + freshNoise * z)
        }
        return HostTensor(values, latents.shape)
    }

    /// The clean latents x̂₀ in ordinary memory, clipped.
    package func predictedOriginal(_ latents: HostTensor, output model: HostTensor) -> HostTensor {
        precondition(latents.shape == model.shape, "\(latents.shape), output \(model.shape)")
        let estimate = zip(latents.values, model.values).map {
            Float(original.sample * Double($0) + original.output * Double($1))
        }
        return clipping.apply(to: HostTensor(estimate, latents.shape))
    }

    private func checkNoise(isGiven: Bool) {
        precondition(
            isGiven == (freshNoise > 0),
            "noise of deviation \(freshNoise) is \(isGiven ? "" : "not ")given"
        )
    }
}

extension SampleClipping {
    /// Clips predicted clean latents whose outermost axis is frames.
    package func apply(to latents: HostTensor) -> HostTensor {
        switch self {
        case .none:
            return latents
        case .range(let bound):
            let bound = Float(bound)
            return HostTensor(latents.values.map { max(-bound, min(bound, $0)) }, latents.shape)
        case .dynamic(let ratio, let largest):
            guard latents.shape.count > 0 else { return latents }
            var result = latents
            let frames = latents.shape.rank > 0 ? latents.shape[0] : 1
            let length = latents.shape.count / frames
            for frame in 0..<frames {
                let range = frame * length..<(frame + 1) * length
                let magnitudes = latents.values[range].map { abs($0) }.sorted()
                let bound = min(max(Self.quantile(magnitudes, ratio), 1), Float(largest))
                for index in range {
                    result.values[index] = max(-bound, min(bound, latents.values[index])) / bound
                }
            }
            return result
        }
    }

    /// The `ratio` quantile of ascending values, interpolated linearly.
    private static func quantile(_ sorted: [Float], _ ratio: Double) -> Float {
        let position = ratio * Double(sorted.count - 1)
        let lower = Int(position)
        let upper = min(lower + 1, sorted.count - 1)
        let share = Float(position - Double(lower))
        return sorted[lower] + share * (sorted[upper] - sorted[lower])
    }
}
