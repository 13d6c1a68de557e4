package import NN
package import Tensors

/// CLIP's image encoder with its projection.
///
/// Radford et al. 2021, arXiv 2103.00020. N images, P patches, C channels; the class token comes
/// first.
package struct CLIPImageEncoder: Sendable {
    package let config: CLIPVisionConfig
    private let patchEmbedding: Conv2D
    private let classToken: Tensor
    private let positionEmbedding: Tensor
    private let inputNorm: LayerNorm
    private let blocks: [PreNormBlock]
    private let outputNorm: LayerNorm
    private let projection: Linear

    /// What the encoder makes of N images.
    package struct Output: Sendable {
        /// `[N, P + 1, C]`, before the last normalisation.
        package let lastHiddenState: Tensor
        /// `[N, projectionChannels]`, not normalised.
        package let embeddings: Tensor
    }

    /// - Parameters:
    ///   - config: Sizes.
    ///   - weights: The top of the checkpoint, with or without the prefix `vision_model`.
    /// - Throws: `WeightError` as `WeightPath` does.
    package init(_ config: CLIPVisionConfig, _ weights: WeightPath) throws(WeightError) {
        self.config = config
        let inner = weights["vision_model"]
        let model = weights.isFresh || inner.exists ? inner : weights
        let embeddings = model["embeddings"]
        patchEmbedding = try Conv2D(
            config.inputChannels,
            config.channels,
            kernel: config.patchSize,
            stride: config.patchSize,
            padding: Padding(0),
            bias: false,
            embeddings["patch_embedding"]
        )
        classToken = try embeddings.tensor(
            "class_embedding",
            [config.channels],
            initial: .normal(standardDeviation: 0.02)
        ).reshaped([1, config.channels])
        positionEmbedding = try embeddings["position_embedding"].tensor(
            "weight",
            [config.grid * config.grid + 1, config.channels],
            initial: .normal(standardDeviation: 0.02)
        )
        // The checkpoints spell it so.
        inputNorm = try LayerNorm(
            config.channels,
            epsilon: config.epsilon,
            model["pre_layrnorm"]
        )
        var blocks: [PreNormBlock] = []
        for index in 0..<config.layers {
            let place = model["encoder.layers"][index]
            blocks.append(try PreNormBlock(config.block, names: .clip, place))
        }
        self.blocks = blocks
        outputNorm = try LayerNorm(
            config.channels,
            epsilon: config.epsilon,
            model["post_layernorm"]
        )
        projection = try Linear(
            config.channels,
            config.projectionChannels,
            bias: false,
            weights["visual_projection"]
        )
    }

    /// Encodes normalised images.
    ///
    /// - Parameter pixels: `[N, imageSize, imageSize, inputChannels]`.
    /// - Returns: The states and embeddings.
    /// - Throws: `NetworkInputError` if the images have another size.
    package func callAsFunction(_ pixels: Tensor) throws(NetworkInputError) -> Output {
        let (size, colours) = (config.imageSize, config.inputChannels)
        guard pixels.shape.rank == 4, pixels.shape[0] > 0,
            pixels.shape.dimensions.dropFirst() == [size, size, colours]
        else {
            throw NetworkInputError(
                "pixel_values: expected [N, \(size), \(size), \(colours)], found \(pixels.shape)"
            )
        }
        let patches = patchEmbedding(pixels)
            .reshaped([pixels.shape[0], config.grid * config.grid, config.channels])
        var x = inputNorm(patches.prependingToken(classToken).addRows(positionEmbedding))
        for block in blocks { x = block(x) }
        return Output(lastHiddenState: x, embeddings: projection(outputNorm(x.token(0))))
    }
}
