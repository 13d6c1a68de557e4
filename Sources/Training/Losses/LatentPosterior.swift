import Glibc
package import Tensors

/// The posterior of an autoencoder's latents in training: N(μ, σ²), σ² = exp(λ) with λ bounded to
/// [-30, 20] as in inference.
///
/// Kingma & Welling 2013 (arXiv 1312.6114).
package struct LatentPosterior: Sendable {
    package let mean: HostTensor
    /// λ as the network makes it.
    package let logVariance: HostTensor

    package init(mean: HostTensor, logVariance: HostTensor) {
        precondition(mean.shape == logVariance.shape, "\(mean.shape) with \(logVariance.shape)")
        self.mean = mean
        self.logVariance = logVariance
    }

    private static let bounds = -30.0...20.0

    /// z = μ + σ ε.
    package func sample(noise: HostTensor) -> HostTensor {
        precondition(noise.shape == mean.shape, "noise of \(noise.shape) for \(mean.shape)")
        let values = mean.values.indices.map { index -> Float in
            let deviation = Self.deviation(Double(logVariance.values[index]))
            return Float(Double(mean.values[index]) + deviation * Double(noise.values[index]))
        }
        return HostTensor(values, mean.shape)
    }

    /// Takes a loss's derivative by z back to μ and λ.
    package func gradients(
        ofSample gradient: HostTensor,
        noise: HostTensor
    ) -> (mean: HostTensor, logVariance: HostTensor) {
        let values = mean.values.indices.map { index -> Float in
            let lambda = Double(logVariance.values[index])
            guard Self.bounds.contains(lambda) else { return 0 }
            let slope = Self.deviation(lambda) / 2 * Double(noise.values[index])
            return Float(Double(gradient.values[index]) * slope)
        }
        return (gradient, HostTensor(values, mean.shape))
    }

    /// The divergence from N(0, 1): mean of ½ (μ² + σ² − 1 − λ), times `weight`.
    package func divergence(
        weight: Double
    ) -> (value: Double, mean: HostTensor, logVariance: HostTensor) {
        let slope = Self.divergence(mean.doubles, logVariance.doubles)
        func tensor(_ gradient: [Double]) -> HostTensor {
            HostTensor(gradient.map { Float(weight * $0) }, mean.shape)
        }
        return (weight * slope.value, tensor(slope.mean), tensor(slope.logVariance))
    }

    /// The same in double precision, with weight 1.
    package static func divergence(
        _ mean: [Double],
        _ logVariance: [Double]
    ) -> (value: Double, mean: [Double], logVariance: [Double]) {
        let share = 1 / Double(mean.count)
        var value = 0.0
        var slopes: [Double] = []
        slopes.reserveCapacity(mean.count)
        for (mu, unbounded) in zip(mean, logVariance) {
            let lambda = min(max(unbounded, bounds.lowerBound), bounds.upperBound)
            value += share / 2 * (mu * mu + exp(lambda) - 1 - lambda)
            slopes.append(bounds.contains(unbounded) ? share / 2 * (exp(lambda) - 1) : 0)
        }
        return (value, mean.map { share * $0 }, slopes)
    }

    private static func deviation(_ logVariance: Double) -> Double {
        exp(min(max(logVariance, bounds.lowerBound), bounds.upperBound) / 2)
    }
}
