package import NN
package import Tensors

/// The diffusion prior of unCLIP: from text to the CLIP embedding of an image that fits it.
///
/// Ramesh et al. 2022, arXiv 2204.06125, section 2.2. N texts, T text tokens, D embedding channels.
package struct PriorTransformer: Sendable {
    package let config: PriorConfig
    /// Mean of the embeddings the prior was trained on, `[1, D]`.
    package let embeddingMean: Tensor
    /// Their deviation, `[1, D]`.
    package let embeddingDeviation: Tensor
    private let time1: Linear
    private let time2: Linear
    private let noisyProjection: Linear
    private let textProjection: Linear
    private let statesProjection: Linear
    private let positions: Tensor
    private let predictionToken: Tensor
    private let blocks: [PreNormBlock]
    private let norm: LayerNorm
    private let output: Linear

    /// What a prediction is made from, for N texts.
    package struct Conditioning: Sendable {
        /// `[N, D]`, from the text encoder's projection.
        package let textEmbedding: Tensor
        /// `[N, T, D]`, the text encoder's last states.
        package let textStates: Tensor
        /// One row of T flags a text: false where the text is padded.
        package let textMask: [[Bool]]

        package init(textEmbedding: Tensor, textStates: Tensor, textMask: [[Bool]]) {
            self.textEmbedding = textEmbedding
            self.textStates = textStates
            self.textMask = textMask
        }
    }

    /// - Parameters:
    ///   - config: Sizes.
    ///   - weights: The top of the checkpoint.
    /// - Throws: `WeightError` as `WeightPath` does.
    package init(_ config: PriorConfig, _ weights: WeightPath) throws(WeightError) {
        self.config = config
        let channels = config.channels
        time1 = try Linear(channels, config.timeChannels, weights["time_embedding.linear_1"])
        time2 = try Linear(config.timeChannels, channels, weights["time_embedding.linear_2"])
        noisyProjection = try Linear(config.embeddingChannels, channels, weights["proj_in"])
        textProjection = try Linear(
            config.textEmbeddingChannels,
            channels,
            weights["embedding_proj"]
        )
        statesProjection = try Linear(
            config.embeddingChannels,
            channels,
            weights["encoder_hidden_states_proj"]
        )
        positions = try weights.tensor(
            "positional_embedding",
            [1, config.tokens, channels],
            initial: .zeros
        ).reshaped([config.tokens, channels])
        predictionToken = try weights.tensor("prd_embedding", [1, 1, channels], initial: .zeros)
            .reshaped([1, channels])
        var blocks: [PreNormBlock] = []
        for index in 0..<config.layers {
            let place = weights["transformer_blocks"][index]
            blocks.append(try PreNormBlock(config.block, names: .diffusers, place))
        }
        self.blocks = blocks
        norm = try LayerNorm(channels, weights["norm_out"])
        output = try Linear(channels, config.outputChannels, weights["proj_to_clip_embeddings"])
        embeddingMean = try weights.tensor(
            "clip_mean",
            [1, config.outputChannels],
            initial: .zeros
        )
        embeddingDeviation = try weights.tensor(
            "clip_std",
            [1, config.outputChannels],
            initial: .ones
        )
    }

    /// Predicts the clean embedding.
    ///
    /// - Parameters:
    ///   - noisyEmbedding: `[N, D]`.
    ///   - timesteps: One a text.
    ///   - conditioning: The texts.
    /// - Returns: `[N, outputChannels]`.
    /// - Throws: `NetworkInputError` naming the tensor that does not fit.
    package func callAsFunction(
        _ noisyEmbedding: Tensor,
        timesteps: [Float],
        _ conditioning: Conditioning
    ) throws(NetworkInputError) -> Tensor {
        let batch = timesteps.count
        try check(noisyEmbedding, "noisy_embedding", [batch, config.embeddingChannels])
        try check(conditioning, batch: batch)
        let backend = noisyEmbedding.backend
        let sinusoids = backend.upload(timestepEmbedding(timesteps, channels: config.channels))
        let time = time2(time1(sinusoids, activation: .silu))
        let text = textProjection(conditioning.textEmbedding)
        let noisy = noisyProjection(noisyEmbedding)
        let states = statesProjection(conditioning.textStates)
            .reshaped([batch * config.textTokens, config.channels])
        var rows: [Tensor] = []
        for n in 0..<batch {
            rows += [
                states.outer(n * config.textTokens..<(n + 1) * config.textTokens),
                text.outer(n..<n + 1), time.outer(n..<n + 1), noisy.outer(n..<n + 1),
                predictionToken,
            ]
        }
        var x = backend.concatenateOuter(rows).addRows(positions)
            .reshaped([batch, config.tokens, config.channels])
        let mask = AttentionMask.additive(backend.upload(additiveMask(conditioning.textMask)))
        for block in blocks { x = block(x, mask: mask) }
        return output(norm(x.token(config.tokens - 1)))
    }

    private func check(
        _ conditioning: Conditioning,
        batch: Int
    ) throws(NetworkInputError) {
        let tokens = config.textTokens
        try check(
            conditioning.textEmbedding,
            "text_embedding",
            [batch, config.textEmbeddingChannels]
        )
        try check(
            conditioning.textStates,
            "text_states",
            [batch, tokens, config.embeddingChannels]
        )
        let mask = conditioning.textMask
        guard mask.count == batch, mask.allSatisfy({ $0.count == tokens }) else {
            throw NetworkInputError("text_mask: expected [\(batch), \(tokens)] flags")
        }
    }

    private func check(
        _ tensor: Tensor,
        _ name: String,
        _ shape: Shape
    ) throws(NetworkInputError) {
        guard tensor.shape == shape, shape[0] > 0 else {
            throw NetworkInputError("\(name): expected \(shape), found \(tensor.shape)")
        }
    }

    /// -10000 for later tokens plus -10000 for padded ones, `[N, tokens, tokens]`.
    private func additiveMask(_ textMask: [[Bool]]) -> HostTensor {
        let tokens = config.tokens
        var values: [Float] = []
        values.reserveCapacity(textMask.count * tokens * tokens)
        for mask in textMask {
            let padding = (0..<tokens).map { key in
                key < mask.count && !mask[key] ? Self.masked : 0
            }
            for query in 0..<tokens {
                for key in 0..<tokens {
                    values.append(padding[key] + (key > query ? Self.masked : 0))
                }
            }
        }
        return HostTensor(values, [textMask.count, tokens, tokens])
    }

    private static let masked: Float = -10000
}
