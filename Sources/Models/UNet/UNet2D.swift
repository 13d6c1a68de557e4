package import NN
package import Tensors

/// The latent image denoiser of Stable Diffusion 1.x and 2.x, diffusers' `UNet2DConditionModel`.
///
/// Legend: N images, H × W their size in latents, C channels, S context tokens.
package struct UNet2D: Sendable {
    package let config: UNet2DConfig
    private let trunk: UNetTrunk

    package init(_ config: UNet2DConfig, _ weights: WeightPath) throws(WeightError) {
        self.config = config
        trunk = try UNetTrunk(UNetStyle(config: config, temporal: nil), weights)
    }

    /// - Parameters:
    ///   - sample: Noisy latents (and extra inputs), `[N, H, W, inputChannels]`.
    ///   - timesteps: N values, or one for all images.
    ///   - context: `[N or 1, S, contextChannels]`.
    ///   - residuals: A ControlNet's terms, channels last.
    /// - Returns: The prediction, `[N, H, W, outputChannels]`.
    /// - Throws: `NetworkInputError` naming the tensor that does not fit.
    package func callAsFunction(
        _ sample: Tensor,
        timesteps: [Float],
        context: Tensor,
        residuals: ControlResiduals? = nil
    ) throws(NetworkInputError) -> Tensor {
        try config.check(sample: sample.shape, channels: config.inputChannels)
        let images = sample.shape[0]
        guard timesteps.count == images || timesteps.count == 1 else {
            throw NetworkInputError(
                "timestep: expected \(images) values or one, found \(timesteps.count)"
            )
        }
        let isFitting =
            context.shape.rank == 3 && context.shape[2] == config.contextChannels
            && context.shape[1] > 0 && (context.shape[0] == images || context.shape[0] == 1)
        guard isFitting else {
            throw NetworkInputError(
                "encoder_hidden_states: expected [\(images) or 1, tokens, "
                    + "\(config.contextChannels)], found \(context.shape)"
            )
        }
        let conditioning = UNetConditioning(
            time: trunk.time(timesteps),
            context: context,
            clips: nil
        )
        return try trunk(sample, conditioning, residuals: residuals)
    }
}

extension UNet2DConfig {
    /// Checks images `[N, H, W, C]`: their rank, their channels, and that every resolution of the
    /// network has a pixel.
    func check(sample shape: Shape, channels: Int) throws(NetworkInputError) {
        guard shape.rank == 4, shape[3] == channels, shape.count > 0 else {
            throw NetworkInputError(
                "sample: expected \(channels) channels of at least one pixel, found \(shape) "
                    + "(channels last)"
            )
        }
        let least = downsamplePadding == 0 ? 1 << (blocks.count - 1) : 1
        guard min(shape[1], shape[2]) >= least else {
            throw NetworkInputError(
                "sample: expected at least \(least) by \(least) latents, found \(shape[1]) by "
                    + "\(shape[2])"
            )
        }
    }
}
