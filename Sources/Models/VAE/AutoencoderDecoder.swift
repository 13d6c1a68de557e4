package import NN
package import Tensors

/// The half of the autoencoder from latents to images.
///
/// Rombach et al. 2022 (arXiv 2112.10752), diffusers' `AutoencoderKL`: each stage but the last
/// doubles the size. Legend: N images of h × w latents, H = patch · h, W = patch · w.
package struct AutoencoderDecoder: Sendable {
    package let config: AutoencoderConfig
    private let quantization: Linear?
    private let convIn: Conv2D
    private let middle: AutoencoderMiddle
    private let stages: [AutoencoderStage]
    private let normOut: GroupNorm
    private let convOut: Conv2D

    /// Reads `decoder.*` and `post_quant_conv.*` below `weights`, the top of the file.
    package init(_ config: AutoencoderConfig, _ weights: WeightPath) throws(WeightError) {
        self.config = config
        let decoder = weights["decoder"]
        let widths = config.blockChannels
        let latents = config.latentChannels
        quantization =
            config.hasPostQuantConvolution
            ? try Linear(latents, latents, storage: .convolution, weights["post_quant_conv"]) : nil
        convIn = try Conv2D(
            latents,
            widths[widths.count - 1],
            kernel: 3,
            padding: Padding(1),
            decoder["conv_in"]
        )
        middle = try AutoencoderMiddle(config, decoder["mid_block"])
        var stages: [AutoencoderStage] = []
        for index in widths.indices {
            let level = widths.count - 1 - index
            stages.append(
                try AutoencoderStage(
                    from: widths[min(level + 1, widths.count - 1)],
                    to: widths[level],
                    layers: config.layers + 1,
                    level == 0 ? .none : .double,
                    config,
                    decoder["up_blocks"][index]
                )
            )
        }
        self.stages = stages
        normOut = try GroupNorm(
            groups: config.normGroups,
            widths[0],
            epsilon: 1e-6,
            decoder["conv_norm_out"]
        )
        convOut = try Conv2D(
            widths[0],
            config.outputChannels,
            kernel: 3,
            padding: Padding(1),
            decoder["conv_out"]
        )
    }

    /// Decodes latents.
    ///
    /// - Parameter latent: `[N, h, w, latentChannels]`, after division by the scaling factor.
    /// - Returns: `[N, H, W, outputChannels]`, about -1 ... 1, not clamped.
    /// - Throws: `NetworkInputError` if the latents have other channels.
    package func callAsFunction(_ latent: Tensor) throws(NetworkInputError) -> Tensor {
        let shape = latent.shape
        guard shape.rank == 4, shape[3] == config.latentChannels, shape.count > 0 else {
            throw NetworkInputError(
                "latent: expected \(config.latentChannels) channels of at least one pixel, found "
                    + "\(shape) (channels last)"
            )
        }
        // One image at a time: activations are far larger than pictures, and few cores are as
        // fast on one as on many.
        let images = (0..<shape[0]).map { picture(latent.outer($0..<$0 + 1)) }
        return images.count == 1 ? images[0] : latent.backend.concatenateOuter(images)
    }

    private func picture(_ latent: Tensor) -> Tensor {
        var h = convIn(quantization.map { $0(latent) } ?? latent)
        h = middle(consume h)
        for stage in stages { h = stage(consume h) }
        let normal = normOut(consume h, activation: .silu)
        return convOut(normal)
    }
}
