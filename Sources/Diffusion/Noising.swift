package import Tensors

/// The forward process at one noise level: x_t = signal · x_0 + noise · ε.
package struct Noising: Hashable, Sendable {
    /// √ᾱ.
    package let signal: Double
    /// √(1 − ᾱ).
    package let noise: Double

    /// The level at which `alphaBar` of the signal's power is left.
    package init(alphaBar: Double) {
        precondition(alphaBar >= 0 && alphaBar <= 1, "a signal share of \(alphaBar)")
        signal = alphaBar.squareRoot()
        noise = (1 - alphaBar).squareRoot()
    }

    /// Noises a clean latent on its device.
    package func callAsFunction(_ clean: Tensor, noise field: Tensor) -> Tensor {
        clean.backend.combine([(Float(signal), clean), (Float(noise), field)])
    }

    /// Noises a clean latent in ordinary memory.
    package func callAsFunction(_ clean: HostTensor, noise field: HostTensor) -> HostTensor {
        precondition(clean.shape == field.shape, "\(clean.shape) with noise of \(field.shape)")
        return HostTensor(
            zip(clean.values, field.values).map {
                Float(signal * Double($0) + noise * Double($1))
            },
            clean.shape
        )
    }
}
