import Tensors

/// Hyper-parameters of gen1's UNet, `_class_name` "WeftGen1UNet".
///
/// All keys of the image UNet, with its defaults but for `in_channels` (12) and
/// `cross_attention_dim` (768, the width of ViT-L/14's joint embedding), plus:
///
/// | key | default | meaning |
/// | --- | --- | --- |
/// | `max_frames` | 16 | learned frame positions, the longest clip |
/// | `temporal_kernel_size` | 3 | taps of the temporal convolutions, odd |
package struct Gen1Config: Hashable, Sendable {
    package static let className = "WeftGen1UNet"
    /// Channels of the noisy latents, of the encoded depth, and of the structure level, in this
    /// order.
    package static let inputs = (latent: 4, structure: 4, level: 4)

    package let image: UNet2DConfig
    package let maxFrames: Int
    package let temporalKernelSize: Int

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
        try config.require("in_channels", .integer(12))
        try config.require("out_channels", .integer(4))
        var values = config.values
        values["in_channels"] = .integer(12)
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
