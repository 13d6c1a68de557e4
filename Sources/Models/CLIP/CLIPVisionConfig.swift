package import Tensors

/// Sizes of a CLIP image encoder.
package struct CLIPVisionConfig: Hashable, Sendable {
    /// Colours of a pixel.
    package var inputChannels: Int
    /// Height and width of the images.
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
    /// Width of the image embedding.
    package var projectionChannels: Int

    /// Reads a vision model's config, or the `vision_config` of a whole CLIP model.
    ///
    /// - Parameter config: The object of `config.json`.
    /// - Throws: `ConfigError` naming the key that is missing or out of range.
    package init(_ config: ConfigObject) throws(ConfigError) {
        let isWhole = config.contains("vision_config")
        let vision = isWhole ? try config.object("vision_config") : config
        inputChannels = try vision.count("num_channels", default: 3)
        imageSize = try vision.count("image_size", default: 224)
        patchSize = try vision.count("patch_size", default: 32)
        channels = try vision.count("hidden_size", default: 768)
        layers = try vision.count("num_hidden_layers", default: 12)
        heads = try vision.count("num_attention_heads", default: 12)
        hidden = try vision.count("intermediate_size", default: 3072)
        activation = try vision.activation("hidden_act", default: "quick_gelu")
        epsilon = try vision.epsilon("layer_norm_eps", default: 1e-5)
        projectionChannels = try (isWhole ? config : vision).count("projection_dim", default: 512)
        try vision.checkHeads(heads, of: channels)
        guard patchSize <= imageSize else {
            throw ConfigError(
                "\(vision.label): patch_size \(patchSize) is larger than image_size \(imageSize)"
            )
        }
    }

    /// Patches along one edge; a rest at the far edge is not seen.
    package var grid: Int { imageSize / patchSize }

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
