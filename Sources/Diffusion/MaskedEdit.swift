package import Tensors

/// Keeps the source video where a mask says so while the rest is generated.
///
/// After each step the latents under the mask are replaced by the source's, noised to the level the
/// step led to (Lugmayr et al. 2022, RePaint, equation 8). The noise is the frame's initial noise
/// at every step, so that what is inserted is one deterministic trajectory that all windows agree
/// on, and the last step inserts the clean source.
package struct MaskedEdit: Sendable {
    private let source: HostTensor
    private let noise: HostTensor
    private let mask: [Float]

    /// An edit of some frames.
    ///
    /// - Parameters:
    ///   - source: Clean latents of the source, `[F, H, W, C]`.
    ///   - noise: The frames' initial noise, `[F, H, W, C]`.
    ///   - mask: `[F, H, W, 1]`, 1 where the source is kept, 0 where it is replaced; values between
    ///     feather the border.
    package init(source: HostTensor, noise: HostTensor, mask: HostTensor) {
        precondition(source.shape.rank == 4, "source latents \(source.shape)")
        precondition(noise.shape == source.shape, "source \(source.shape), noise \(noise.shape)")
        precondition(
            mask.shape.dimensions == Array(source.shape.dimensions.dropLast()) + [1],
            "source \(source.shape), mask \(mask.shape)"
        )
        self.source = source
        self.noise = noise
        self.mask = mask.values
    }

    /// Puts the source back into the latents that step `index` of `sampler` made.
    package func reinsert(
        into latents: HostTensor,
        after index: Int,
        of sampler: DDIMSampler
    ) -> HostTensor {
        precondition(latents.shape == source.shape, "\(latents.shape), source \(source.shape)")
        let isLast = index == sampler.stepCount - 1
        let level = Noising(alphaBar: isLast ? 1 : sampler.alphaBar(after: index))
        let channels = source.shape[-1]
        var result = latents
        for pixel in mask.indices where mask[pixel] != 0 {
            let share = Double(mask[pixel])
            for element in pixel * channels..<(pixel + 1) * channels {
                let kept =
                    level.signal * Double(source.values[element])
                    + level.noise * Double(noise.values[element])
                let made = Double(latents.values[element])
                result.values[element] = Float(share * kept + (1 - share) * made)
            }
        }
        return result
    }

    /// The same for latents on a device.
    ///
    /// - Throws: `BackendError` if the device failed.
    package func reinsert(
        into latents: Tensor,
        after index: Int,
        of sampler: DDIMSampler
    ) throws(BackendError) -> Tensor {
        // Latents are small, so a mask need not be an operation of every backend.
        latents.backend.upload(
            reinsert(into: try latents.download(), after: index, of: sampler)
        )
    }
}
