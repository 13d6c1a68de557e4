package import Tensors

/// Sizes of a DPT depth network with a plain ViT (the layout of `Intel/dpt-large`).
package struct DPTConfig: Hashable, Sendable {
    package var inputChannels: Int
    /// Height and width of the images the positions were learned for.
    package var imageSize: Int
    /// Height and width of a patch.
    package var patchSize: Int
    /// Width of the tokens.
    package var channels: Int
    package var layers: Int
    package var heads: Int
    /// Channels between the two layers of a perceptron.
    package var hidden: Int
    package var activation: Activation
    package var epsilon: Float
    package var hasProjectionBias: Bool
    /// The blocks whose outputs are read, in ascending order.
    package var taps: [Int]
    package var readout: Readout
    /// How each tap is brought to its size.
    package var scales: [Scale]
    /// Channels of each tap's map.
    package var neckChannels: [Int]
    package var fusionChannels: Int
    package var hasFusionBias: Bool

    /// What becomes of the class token.
    package enum Readout: String, CaseIterable, Sendable {
        case ignore
        case add
        case project
    }

    /// A map's size in patches.
    package enum Scale: Hashable, Sendable {
        /// Larger by an integer; 1 leaves the map alone.
        case enlarged(by: Int)
        /// Smaller by an integer.
        case reduced(by: Int)
    }

    /// Reads the config of a `DPTForDepthEstimation`.
    ///
    /// - Parameter config: The object of `config.json`.
    /// - Throws: `ConfigError` naming the key that is missing, out of range, or that asks for a
    ///   layout with another backbone.
    package init(_ config: ConfigObject) throws(ConfigError) {
        inputChannels = try config.count("num_channels", default: 3)
        imageSize = try config.count("image_size", default: 384)
        patchSize = try config.count("patch_size", default: 16)
        channels = try config.count("hidden_size", default: 768)
        layers = try config.count("num_hidden_layers", default: 12)
        heads = try config.count("num_attention_heads", default: 12)
        hidden = try config.count("intermediate_size", default: 3072)
        activation = try config.activation("hidden_act", default: "gelu")
        epsilon = try config.epsilon("layer_norm_eps", default: 1e-12)
        hasProjectionBias = try config.bool("qkv_bias", default: true)
        taps = try config.integers("backbone_out_indices", default: [2, 5, 8, 11])
        neckChannels = try config.integers("neck_hidden_sizes", default: [96, 192, 384, 768])
        fusionChannels = try config.count("fusion_hidden_size", default: 256)
        hasFusionBias = try config.bool("use_bias_in_fusion_residual", default: true)
        scales = []
        for factor in try config.numbers("reassemble_factors", default: [4, 2, 1, 0.5]) {
            scales.append(try Self.scale(factor, config))
        }
        let name = try config.string("readout_type", default: "project")
        guard let readout = Readout(rawValue: name) else {
            throw ConfigError(
                "\(config.label): readout_type: expected ignore, add or project, found \(name)"
            )
        }
        self.readout = readout
        try config.checkHeads(heads, of: channels)
        try check(config)
    }

    private static func scale(
        _ factor: Double,
        _ config: ConfigObject
    ) throws(ConfigError) -> Scale {
        if let whole = Int(exactly: factor), (1...64).contains(whole) {
            return .enlarged(by: whole)
        }
        if factor > 0, let whole = Int(exactly: 1 / factor), whole <= 64 {
            return .reduced(by: whole)
        }
        throw ConfigError(
            "\(config.label): reassemble_factors: expected an integer or its inverse, "
                + "found \(factor)"
        )
    }

    private func check(_ config: ConfigObject) throws(ConfigError) {
        for key in ["is_hybrid", "use_batch_norm_in_fusion_residual", "add_projection"] {
            try config.require(key, .bool(false), .null)
        }
        for key in ["backbone_config", "backbone"] {
            try config.require(key, .null)
        }
        try config.require("head_in_index", .integer(-1))
        guard !taps.isEmpty, zip(taps, taps.dropFirst()).allSatisfy({ $0 < $1 }),
            taps.allSatisfy({ (0..<layers).contains($0) })
        else {
            throw ConfigError(
                "\(config.label): backbone_out_indices: expected ascending indices below \(layers)"
            )
        }
        guard neckChannels.count == taps.count, scales.count == taps.count,
            neckChannels.allSatisfy({ (1...1 << 24).contains($0) })
        else {
            throw ConfigError(
                "\(config.label): expected as many neck_hidden_sizes and reassemble_factors as taps"
            )
        }
        guard patchSize <= imageSize, fusionChannels % 2 == 0 else {
            throw ConfigError(
                "\(config.label): expected patch_size within image_size and even fusion_hidden_size"
            )
        }
    }

    /// Patches along one edge of an image of the size that positions were learned for.
    package var grid: Int { imageSize / patchSize }

    var block: PreNormBlock.Config {
        PreNormBlock.Config(
            channels: channels,
            heads: heads,
            headWidth: channels / heads,
            hidden: hidden,
            activation: activation,
            epsilon: epsilon,
            hasProjectionBias: hasProjectionBias
        )
    }
}
