import Tensors

/// Sizes of a diffusion prior (the layout of Karlo and Kandinsky 2.2).
package struct PriorConfig: Hashable, Sendable {
    package var heads: Int
    /// Channels of a head.
    package var headWidth: Int
    package var layers: Int
    /// Width of the noisy embedding and of the text states.
    package var embeddingChannels: Int
    /// Width of the text embedding.
    package var textEmbeddingChannels: Int
    /// Width of what is predicted.
    package var outputChannels: Int
    /// Width between the two layers that embed the timestep.
    package var timeChannels: Int
    /// Text states in the sequence.
    package var textTokens: Int

    /// Tokens behind the text states: text embedding, timestep, noisy embedding, prediction.
    static let additionalTokens = 4

    /// Reads the config of a `PriorTransformer`.
    ///
    /// - Parameter config: The object of `config.json`.
    /// - Throws: `ConfigError` naming the key that is missing, out of range, or that asks for a
    ///   variant with other parts.
    package init(_ config: ConfigObject) throws(ConfigError) {
        heads = try config.count("num_attention_heads", default: 32)
        headWidth = try config.count("attention_head_dim", default: 64)
        layers = try config.count("num_layers", default: 20)
        embeddingChannels = try config.count("embedding_dim", default: 768)
        textTokens = try config.count("num_embeddings", default: 77)
        textEmbeddingChannels = try config.count("embedding_proj_dim", default: embeddingChannels)
        outputChannels = try config.count("clip_embed_dim", default: embeddingChannels)
        timeChannels = try config.count("time_embed_dim", default: heads * headWidth)
        try config.require("additional_embeddings", .integer(Self.additionalTokens))
        try config.require("time_embed_act_fn", .string("silu"))
        try config.require("encoder_hid_proj_type", .string("linear"))
        try config.require("added_emb_type", .string("prd"))
        try config.require("norm_in_type", .null)
        try config.require("embedding_proj_norm_type", .null)
        guard channels % 2 == 0 else {
            throw ConfigError(
                "\(config.label): \(heads) heads of \(headWidth) channels make an odd width"
            )
        }
    }

    /// Width of the tokens.
    package var channels: Int { heads * headWidth }

    /// Tokens of the sequence.
    package var tokens: Int { textTokens + Self.additionalTokens }

    var block: PreNormBlock.Config {
        PreNormBlock.Config(
            channels: channels,
            heads: heads,
            headWidth: headWidth,
            hidden: 4 * channels,
            activation: .gelu,
            epsilon: 1e-5
        )
    }
}
