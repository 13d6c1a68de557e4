package import Tensors

/// Sizes of a CLIP text encoder.
package struct CLIPTextConfig: Hashable, Sendable {
    package var vocabularySize: Int
    /// Width of the tokens.
    package var channels: Int
    package var layers: Int
    package var heads: Int
    /// Channels between the two layers of a perceptron.
    package var hidden: Int
    package var activation: Activation
    /// The most tokens of a text.
    package var positions: Int
    package var epsilon: Float
    /// Width of the text embedding.
    package var projectionChannels: Int
    /// Whether the class that saved the file has the projection.
    package var hasProjection: Bool
    /// The id at whose first place a text is pooled.
    ///
    /// The value 2 of older configs means the place
    /// of the largest id, which in CLIP's vocabulary is the end token.
    package var endToken: Int

    static let legacyEndToken = 2

    /// Reads a text model's config, or the `text_config` of a whole CLIP model.
    ///
    /// - Parameter config: The object of `config.json`.
    /// - Throws: `ConfigError` naming the key that is missing or out of range.
    package init(_ config: ConfigObject) throws(ConfigError) {
        let isWhole = config.contains("text_config")
        let text = isWhole ? try config.object("text_config") : config
        vocabularySize = try text.count("vocab_size", default: 49408)
        channels = try text.count("hidden_size", default: 512)
        layers = try text.count("num_hidden_layers", default: 12)
        heads = try text.count("num_attention_heads", default: 8)
        hidden = try text.count("intermediate_size", default: 2048)
        activation = try text.activation("hidden_act", default: "quick_gelu")
        positions = try text.count("max_position_embeddings", default: 77)
        epsilon = try text.epsilon("layer_norm_eps", default: 1e-5)
        // A whole model projects both towers to its own width, whatever a tower's config says.
        projectionChannels = try (isWhole ? config : text).count("projection_dim", default: 512)
        let classes = try config.strings("architectures", default: [])
        hasProjection = isWhole || classes.contains("CLIPTextModelWithProjection")
        endToken = try text.integer("eos_token_id", default: 49407)
        try text.checkHeads(heads, of: channels)
    }

    var block: PreNormBlock.Config {
        PreNormBlock.Config(
            channels: channels,
            heads: heads,
            headWidth: channels / heads,
            hidden: hidden,
            activation: activation,
            epsilon: epsilon
        )
    }
}
