import Tensors

/// Hyper-parameters of a Stable-Diffusion-shaped UNet, from diffusers' `UNet2DConditionModel`.
///
/// Keys that change nothing in float32 inference (`sample_size`, `dropout`, `upcast_attention`)
/// and keys that the class does not know are not read; keys that select a network weft does not
/// compute are refused.
package struct UNet2DConfig: Hashable, Sendable {
    /// One resolution of the network.
    package struct Block: Hashable, Sendable {
        package let channels: Int
        /// Residual blocks on the way down; the way up has one more.
        package let layers: Int
        /// Heads of each attention; `attention_head_dim` in the files, in spite of its name.
        package let heads: Int
        /// Transformer blocks of each spatial transformer.
        package let transformerLayers: Int
        package let hasAttentionDown: Bool
        package let hasAttentionUp: Bool
    }

    package let inputChannels: Int
    package let outputChannels: Int
    /// From the finest resolution to the coarsest.
    package let blocks: [Block]
    /// Width of the context tokens.
    package let contextChannels: Int
    package let timeChannels: Int
    package let normGroups: Int
    /// Epsilon of the residual blocks and of the last norm; transformers have 1e-6.
    package let normEpsilon: Float
    /// Whether checkpoints hold the transformers' outer projections as matrices, not as 1×1
    /// convolutions.
    package let usesLinearProjection: Bool
    package let isCosineFirst: Bool
    package let frequencyShift: Float
    /// 1 pads all round, 0 pads right and bottom.
    package let downsamplePadding: Int
    /// What the middle residual blocks divide their sum by.
    package let middleScale: Float

    /// Reads a `config.json`, with the class defaults of diffusers for absent keys.
    ///
    /// - Parameter config: The file's object.
    /// - Throws: `ConfigError` for a value of the wrong kind or a network weft does not compute.
    package init(_ config: ConfigObject) throws(ConfigError) {
        try config.require("_class_name", .string("UNet2DConditionModel"))
        try self.init(shared: config)
    }

    /// Reads the keys that gen1's UNet shares.
    init(shared config: ConfigObject) throws(ConfigError) {
        try Self.refuseOtherNetworks(config)
        inputChannels = try config.count("in_channels", default: 4)
        outputChannels = try config.count("out_channels", default: 4)
        normGroups = try config.count("norm_num_groups", default: 32)
        blocks = try Self.blocks(config, normGroups: normGroups)
        contextChannels = try Self.contextChannels(config, blocks: blocks.count)
        timeChannels = try config.count("time_embedding_dim", default: 4 * blocks[0].channels)
        normEpsilon = Float(try config.number("norm_eps", default: 1e-5))
        usesLinearProjection = try config.bool("use_linear_projection", default: false)
        isCosineFirst = try config.bool("flip_sin_to_cos", default: true)
        frequencyShift = Float(try config.number("freq_shift", default: 0))
        downsamplePadding = try config.integer("downsample_padding", default: 1)
        middleScale = Float(try config.number("mid_block_scale_factor", default: 1))
        try config.require("downsample_padding", .integer(1), .integer(0))
        guard normEpsilon >= 0, normEpsilon.isFinite else {
            throw config.unsupported("norm_eps", "an epsilon is positive")
        }
        guard middleScale.isFinite, middleScale != 0 else {
            throw config.unsupported("mid_block_scale_factor", "a divisor is finite and not 0")
        }
        guard blocks[0].channels % 2 == 0, frequencyShift < Float(blocks[0].channels / 2) else {
            throw config.unsupported(
                "block_out_channels",
                "the timestep's sinusoids need an even first width above 2 · freq_shift"
            )
        }
    }

    /// Skip connections, in the order in which the way down makes them.
    package var skipCount: Int {
        1 + blocks.map(\.layers).reduce(0, +) + blocks.count - 1
    }

    private static func blocks(
        _ config: ConfigObject,
        normGroups: Int
    ) throws(ConfigError) -> [Block] {
        let widths = try config.integers("block_out_channels", default: [320, 640, 1280, 1280])
        guard !widths.isEmpty, widths.count <= 16, widths.allSatisfy({ $0 >= 1 && $0 <= 1 << 20 })
        else {
            throw config.unsupported("block_out_channels", "expected 1 to 16 positive widths")
        }
        guard widths.allSatisfy({ $0 % normGroups == 0 }) else {
            throw config.unsupported(
                "block_out_channels",
                "each width must be a multiple of norm_num_groups, \(normGroups)"
            )
        }
        let down = try attention(
            config,
            "down_block_types",
            count: widths.count,
            with: "CrossAttnDownBlock2D",
            without: "DownBlock2D",
            default: [true, true, true, false]
        )
        let up = try attention(
            config,
            "up_block_types",
            count: widths.count,
            with: "CrossAttnUpBlock2D",
            without: "UpBlock2D",
            default: [false, true, true, true]
        )
        let layers = try config.counts("layers_per_block", blocks: widths.count, default: 2)
        let headsKey =
            config.contains("num_attention_heads") ? "num_attention_heads" : "attention_head_dim"
        let heads = try config.counts(headsKey, blocks: widths.count, default: 8)
        let depth = try config.counts(
            "transformer_layers_per_block",
            blocks: widths.count,
            default: 1
        )
        guard zip(heads, widths).allSatisfy({ $0 <= $1 }) else {
            throw config.unsupported(headsKey, "it counts heads, at most the block's width")
        }
        return widths.indices.map { index in
            Block(
                channels: widths[index],
                layers: layers[index],
                heads: heads[index],
                transformerLayers: depth[index],
                hasAttentionDown: down[index],
                hasAttentionUp: up[widths.count - 1 - index]
            )
        }
    }

    /// Which of the blocks that `key` lists attend, in the list's own order.
    private static func attention(
        _ config: ConfigObject,
        _ key: String,
        count: Int,
        with attending: String,
        without plain: String,
        default fallback: [Bool]
    ) throws(ConfigError) -> [Bool] {
        let names = try config.strings(key, default: fallback.map { $0 ? attending : plain })
        guard names.count == count else {
            throw ConfigError(
                "\(config.label): \(key): expected \(count) block types, one a width in "
                    + "block_out_channels, found \(names.count)"
            )
        }
        for name in names where name != attending && name != plain {
            throw ConfigError(
                "\(config.label): \(key): \"\(name)\" is not supported, weft computes "
                    + "\(attending) and \(plain)"
            )
        }
        return names.map { $0 == attending }
    }

    private static func contextChannels(
        _ config: ConfigObject,
        blocks: Int
    ) throws(ConfigError) -> Int {
        let widths = try config.counts("cross_attention_dim", blocks: blocks, default: 1280)
        guard widths.allSatisfy({ $0 == widths[0] }) else {
            throw config.unsupported("cross_attention_dim", "one context serves all blocks")
        }
        return widths[0]
    }

    private static func refuseOtherNetworks(_ config: ConfigObject) throws(ConfigError) {
        try config.refuseNull(
            "mid_block_type",
            "norm_num_groups",
            "cross_attention_dim",
            "attention_head_dim"
        )
        try config.require("mid_block_type", .string("UNetMidBlock2DCrossAttn"))
        try config.require("act_fn", .string("silu"), .string("swish"))
        try config.require("time_embedding_type", .string("positional"))
        try config.require("resnet_time_scale_shift", .string("default"))
        try config.require("attention_type", .string("default"))
        try config.require("conv_in_kernel", .integer(3))
        try config.require("conv_out_kernel", .integer(3))
        try config.require("resnet_out_scale_factor", .integer(1))
        for key in [
            "center_input_sample", "only_cross_attention", "dual_cross_attention",
            "resnet_skip_time_act", "class_embeddings_concat",
        ] {
            try config.require(key, .bool(false))
        }
        try config.require("mid_block_only_cross_attention", .null, .bool(false))
        for key in [
            "reverse_transformer_layers_per_block", "encoder_hid_dim", "encoder_hid_dim_type",
            "class_embed_type", "addition_embed_type",
            "num_class_embeds", "time_embedding_act_fn", "timestep_post_act",
            "time_cond_proj_dim", "cross_attention_norm",
        ] {
            try config.require(key, .null)
        }
    }
}
