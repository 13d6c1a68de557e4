package import NN
package import Tensors

/// The posterior of an image's latents: a normal of diagonal covariance.
package struct LatentDistribution: Sendable {
    /// `[N, h, w, latentChannels]`, before the scaling factor.
    package let mean: Tensor
    /// As the network makes it; `logVariance` bounds it.
    package let unboundedLogVariance: Tensor

    init(moments: Tensor, latentChannels: Int) {
        mean = moments.sliceChannels(0..<latentChannels)
        unboundedLogVariance = moments.sliceChannels(latentChannels..<2 * latentChannels)
    }

    /// The natural logarithm of σ², bounded to [-30, 20], of the mean's shape.
    ///
    /// - Returns: The values, on the host.
    /// - Throws: `BackendError` if the device failed.
    package func logVariance() throws(BackendError) -> HostTensor {
        var values = try unboundedLogVariance.download()
        for index in values.values.indices {
            let value = values.values[index]
            values.values[index] = value.isNaN ? value : max(-30, min(20, value))
        }
        return values
    }
}

/// The half of the autoencoder from images to latents.
///
/// Rombach et al. 2022 (arXiv 2112.10752), diffusers' `AutoencoderKL`: each stage but the last
/// halves the size. Legend: N images of H × W pixels, h = H / patch, w = W / patch.
package struct AutoencoderEncoder: Sendable {
    package let config: AutoencoderConfig
    private let convIn: Conv2D
    private let stages: [AutoencoderStage]
    private let middle: AutoencoderMiddle
    private let normOut: GroupNorm
    private let convOut: Conv2D
    private let quantization: Linear?

    /// Reads `encoder.*` and `quant_conv.*` below `weights`, the top of the file.
    package init(_ config: AutoencoderConfig, _ weights: WeightPath) throws(WeightError) {
        self.config = config
        let encoder = weights["encoder"]
        let widths = config.blockChannels
        let moments = 2 * config.latentChannels
        let coarsest = widths[widths.count - 1]
        convIn = try Conv2D(
            config.imageChannels,
            widths[0],
            kernel: 3,
            padding: Padding(1),
            encoder["conv_in"]
        )
        var stages: [AutoencoderStage] = []
        for (index, width) in widths.enumerated() {
            stages.append(
                try AutoencoderStage(
                    from: index == 0 ? width : widths[index - 1],
                    to: width,
                    layers: config.layers,
                    index == widths.count - 1 ? .none : .halve,
                    config,
                    encoder["down_blocks"][index]
                )
            )
        }
        self.stages = stages
        middle = try AutoencoderMiddle(config, encoder["mid_block"])
        normOut = try GroupNorm(
            groups: config.normGroups,
            coarsest,
            epsilon: 1e-6,
            encoder["conv_norm_out"]
        )
        convOut = try Conv2D(
            coarsest,
            moments,
            kernel: 3,
            padding: Padding(1),
            encoder["conv_out"]
        )
        quantization =
            config.hasQuantConvolution
            ? try Linear(moments, moments, storage: .convolution, weights["quant_conv"]) : nil
    }

    /// Encodes images.
    ///
    /// - Parameter image: `[N, H, W, imageChannels]` in -1 ... 1.
    /// - Returns: The posterior of their latents.
    /// - Throws: `NetworkInputError` if the image has other channels or is smaller than a latent.
    package func callAsFunction(_ image: Tensor) throws(NetworkInputError) -> LatentDistribution {
        let shape = image.shape
        let isFitting =
            shape.rank == 4 && shape[0] > 0 && shape[3] == config.imageChannels
            && min(shape[1], shape[2]) >= config.patch
        guard isFitting else {
            throw NetworkInputError(
                "image: expected \(config.imageChannels) channels of at least \(config.patch) by "
                    + "\(config.patch) pixels, found \(shape) (channels last)"
            )
        }
        // One image at a time: activations are far larger than latents, and few cores are as fast
        // on one as on many.
        let images = (0..<shape[0]).map { moments(image.outer($0..<$0 + 1)) }
        return LatentDistribution(
            moments: images.count == 1 ? images[0] : image.backend.concatenateOuter(images),
            latentChannels: config.latentChannels
        )
    }

    private func moments(_ image: Tensor) -> Tensor {
        var h = convIn(image)
        for stage in stages { h = stage(consume h) }
        h = middle(consume h)
        let normal = normOut(consume h, activation: .silu)
        h = convOut(consume normal)
        return quantization.map { $0(h) } ?? h
    }
}
