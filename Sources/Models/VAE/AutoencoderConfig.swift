import Tensors

/// Hyper-parameters of a latent autoencoder, from diffusers' `AutoencoderKL`.
///
/// Keys that change nothing in float32 inference (`sample_size`, `force_upcast`) and keys that the
/// class does not know are not read; keys that select a network weft does not compute are refused.
package struct AutoencoderConfig: Hashable, Sendable {
    package let imageChannels: Int
    package let outputChannels: Int
    package let latentChannels: Int
    /// Widths from the image's resolution to the latents'.
    package let blockChannels: [Int]
    /// Residual blocks of a resolution of the encoder; the decoder has one more.
    package let layers: Int
    package let normGroups: Int
    package let hasMiddleAttention: Bool
    package let hasQuantConvolution: Bool
    package let hasPostQuantConvolution: Bool
    /// What latents are multiplied by before the diffusion network sees them.
    package let scalingFactor: Float

    /// Pixels along the edge of one latent.
    package var patch: Int { 1 << (blockChannels.count - 1) }

    /// Refuses an autoencoder of other latents than a gen1's.
    ///
    /// - Parameters:
    ///   - channels: The gen1's.
    ///   - path: The autoencoder's component.
    /// - Throws: `ConfigError` that names both numbers.
    package func check(latents channels: Int, path: String) throws(ConfigError) {
        guard latentChannels == channels else {
            throw ConfigError(
                "\(path): expected the \(channels) latent channels that the unet has, found "
                    + "\(latentChannels)"
            )
        }
    }

    /// Reads a `config.json`, with the class defaults of diffusers for absent keys.
    ///
    /// - Parameter config: The file's object.
    /// - Throws: `ConfigError` for a value of the wrong kind or a network weft does not compute.
    package init(_ config: ConfigObject) throws(ConfigError) {
        try config.require("_class_name", .string("AutoencoderKL"))
        try config.require("act_fn", .string("silu"), .string("swish"))
        try config.require("down_block_types", .string("DownEncoderBlock2D"))
        try config.require("up_block_types", .string("UpDecoderBlock2D"))
        for key in ["shift_factor", "latents_mean", "latents_std"] {
            try config.require(key, .null)
        }
        try config.refuseNull("norm_num_groups")
        imageChannels = try config.count("in_channels", default: 3)
        outputChannels = try config.count("out_channels", default: 3)
        latentChannels = try config.count("latent_channels", default: 4)
        normGroups = try config.count("norm_num_groups", default: 32)
        layers = try config.count("layers_per_block", default: 1)
        hasMiddleAttention = try config.bool("mid_block_add_attention", default: true)
        hasQuantConvolution = try config.bool("use_quant_conv", default: true)
        hasPostQuantConvolution = try config.bool("use_post_quant_conv", default: true)
        scalingFactor = Float(try config.number("scaling_factor", default: 0.18215))
        guard scalingFactor.isFinite, scalingFactor != 0 else {
            throw config.unsupported("scaling_factor", "a factor is finite and not 0")
        }
        let widths = try config.integers("block_out_channels", default: [64])
        let groups = normGroups
        let isUsable =
            !widths.isEmpty && widths.count <= 16
            && widths.allSatisfy { $0 >= 1 && $0 <= 1 << 20 && $0 % groups == 0 }
        guard isUsable else {
            throw config.unsupported(
                "block_out_channels",
                "expected 1 to 16 multiples of norm_num_groups, \(groups)"
            )
        }
        blockChannels = widths
        for (key, type) in [
            ("down_block_types", "DownEncoderBlock2D"), ("up_block_types", "UpDecoderBlock2D"),
        ] {
            let names = try config.strings(key, default: [type])
            guard names.count == widths.count else {
                throw ConfigError(
                    "\(config.label): \(key): expected \(widths.count) block types, one a width "
                        + "in block_out_channels, found \(names.count)"
                )
            }
        }
    }
}
