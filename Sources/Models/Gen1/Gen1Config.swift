import Tensors

/// Hyper-parameters of gen1's UNet, `_class_name` "WeftGen1UNet".
///
/// All keys of the image UNet, with its defaults but for `cross_attention_dim` (768, the width of
/// ViT-L/14's joint embedding) and `in_channels`: with C latent channels (`out_channels`, 4 by
/// default) it is 2 C + 4, which is 12. Plus:
///
/// | key | default | meaning |
/// | --- | --- | --- |
/// | `max_frames` | 16 | learned frame positions, the longest clip |
/// | `temporal_kernel_size` | 3 | taps of the temporal convolutions, odd |
package struct Gen1Config: Hashable, Sendable {
    package static let className = "WeftGen1UNet"
    /// Channels of the structure level, two angles' cosines and sines.
    package static let levelChannels = 4
    /// The most channels that latents may have.
    package static let latentChannelsMax = 256

    /// Channels of the network's input: the noisy latents, the encoded depth, and the structure
    /// level, in this order.
    package static func inputChannels(latent channels: Int) -> Int { 2 * channels + levelChannels }

    package let image: UNet2DConfig
    package let maxFrames: Int
    package let temporalKernelSize: Int

    /// Channels of latents, and so of the encoded depth.
    package var latentChannels: Int { image.outputChannels }
    /// Width of the content embedding.
    package var contentChannels: Int { image.contextChannels }

    var temporal: TemporalStyle {
        TemporalStyle(taps: temporalKernelSize, maxFrames: maxFrames)
    }

    /// Reads a `config.json`.
    ///
    /// - Parameter config: The file's object.
    /// - Throws: `ConfigError` for a value of the wrong kind, a network weft does not compute, or a
    ///   key that gen1 does not have.
    package init(_ config: ConfigObject) throws(ConfigError) {
        try config.require("_class_name", .string(Self.className))
        try Self.refuseUnknownKeys(config)
        let latent = try config.count("out_channels", default: 4)
        guard latent <= Self.latentChannelsMax else {
            throw config.unsupported(
                "out_channels",
                "expected at most \(Self.latentChannelsMax) latent channels"
            )
        }
        let inputs = Self.inputChannels(latent: latent)
        try config.require("in_channels", .integer(inputs))
        var values = config.values
        values["in_channels"] = .integer(inputs)
        if !config.contains("cross_attention_dim") { values["cross_attention_dim"] = .integer(768) }
        image = try UNet2DConfig(shared: ConfigObject(values, label: config.label))
        maxFrames = try config.count("max_frames", default: 16)
        temporalKernelSize = try config.count("temporal_kernel_size", default: 3)
        guard maxFrames <= 4096 else {
            throw config.unsupported("max_frames", "expected at most 4096")
        }
        guard temporalKernelSize % 2 == 1, temporalKernelSize <= 31 else {
            throw config.unsupported("temporal_kernel_size", "expected an odd number up to 31")
        }
    }
    /// The class is weft's own, so an unknown key is a misspelt one.
    private static func refuseUnknownKeys(_ config: ConfigObject) throws(ConfigError) {
        for key in config.values.keys.sorted()
        where !key.hasPrefix("_") && !keys.contains(key) {
            throw config.unsupported(key, "gen1 has no such key")
        }
    }

    /// All keys but those of the library, which begin with an underscore.
    static let keys: Set<String> = [
        "act_fn", "attention_head_dim", "block_out_channels", "cross_attention_dim",
        "down_block_types", "downsample_padding", "flip_sin_to_cos", "freq_shift", "in_channels",
        "layers_per_block", "max_frames", "mid_block_scale_factor", "mid_block_type", "norm_eps",
        "norm_num_groups", "num_attention_heads", "out_channels", "sample_size",
        "temporal_kernel_size", "time_embedding_dim", "transformer_layers_per_block",
        "up_block_types", "use_linear_projection",
    ]
}
