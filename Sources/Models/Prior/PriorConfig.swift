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
        let label = config.label
        guard try config.integer("additional_embeddings", default: 4) == Self.additionalTokens
        else { throw ConfigError("\(label): additional_embeddings: expected 4") }
        guard try config.string("time_embed_act_fn", default: "silu") == "silu" else {
            throw ConfigError("\(label): time_embed_act_fn: expected silu")
        }
        guard try config.string("encoder_hid_proj_type", default: "linear") == "linear" else {
            throw ConfigError("\(label): encoder_hid_proj_type: expected linear")
        }
        guard try config.string("added_emb_type", default: "prd") == "prd" else {
            throw ConfigError("\(label): added_emb_type: expected prd")
        }
        for key in ["norm_in_type", "embedding_proj_norm_type"] where config.contains(key) {
            throw ConfigError("\(label): \(key): expected null")
        }
        // An explicit null means "absent", not the default, where the reference allows it.
        for key in ["encoder_hid_proj_type", "added_emb_type"] where config.values[key] == .null {
            throw ConfigError("\(label): \(key): expected the text states and a prediction token")
        }
        guard channels % 2 == 0 else {
            throw ConfigError("\(label): \(heads) heads of \(headWidth) channels make an odd width")
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
