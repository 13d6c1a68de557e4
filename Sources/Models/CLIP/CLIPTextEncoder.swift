package import NN
package import Tensors

/// CLIP's text encoder: from token ids to one state a token.
///
/// Radford et al. 2021, arXiv 2103.00020. N texts, T tokens, C channels. Attention is
/// causal; padding is attended like any token, as the public checkpoints were trained.
package struct CLIPTextEncoder: Sendable {
    package let config: CLIPTextConfig
    private let tokenEmbedding: Tensor
    private let positionEmbedding: Tensor
    private let blocks: [PreNormBlock]
    private let finalNorm: LayerNorm
    private let projection: Linear?

    /// What the encoder makes of N texts.
    package struct Output: Sendable {
        /// `[N, T, C]`, after the final normalisation.
        package let lastHiddenState: Tensor
        /// The state at each text's end token, `[N, C]`.
        package let pooled: Tensor
        /// `[N, projectionChannels]`, not normalised; absent in a model without projection.
        package let embeddings: Tensor?
    }

    /// - Parameters:
    ///   - config: Sizes.
    ///   - weights: The top of the checkpoint, with or without the prefix `text_model`.
    /// - Throws: `WeightError` as `WeightPath` does.
    package init(_ config: CLIPTextConfig, _ weights: WeightPath) throws(WeightError) {
        self.config = config
        let inner = weights["text_model"]
        let model = weights.isFresh || inner.exists ? inner : weights
        tokenEmbedding = try model["embeddings.token_embedding"].tensor(
            "weight",
            [config.vocabularySize, config.channels],
            initial: .normal(standardDeviation: 0.02)
        )
        positionEmbedding = try model["embeddings.position_embedding"].tensor(
            "weight",
            [config.positions, config.channels],
            initial: .normal(standardDeviation: 0.02)
        )
        var blocks: [PreNormBlock] = []
        for index in 0..<config.layers {
            let place = model["encoder.layers"][index]
            blocks.append(try PreNormBlock(config.block, names: .clip, place))
        }
        self.blocks = blocks
        finalNorm = try LayerNorm(
            config.channels,
            epsilon: config.epsilon,
            model["final_layer_norm"]
        )
        let isProjected = config.hasProjection || weights.contains("text_projection.weight")
        projection =
            isProjected
            ? try Linear(
                config.channels,
                config.projectionChannels,
                bias: false,
                weights["text_projection"]
            ) : nil
    }

    /// - Parameter ids: One row of token ids for each text, all of one length.
    /// - Returns: The states and embeddings.
    /// - Throws: `NetworkInputError` if the rows are ragged, empty or too long, or an id is outside
    ///   the vocabulary.
    package func callAsFunction(_ ids: [[Int]]) throws(NetworkInputError) -> Output {
        let tokens = try length(of: ids)
        let backend = tokenEmbedding.backend
        var x = backend.gather(tokenEmbedding, ids.flatMap(\.self))
            .addRows(positionEmbedding.outer(0..<tokens))
            .reshaped([ids.count, tokens, config.channels])
        for block in blocks { x = block(x, mask: .causal) }
        x = finalNorm(x)
        let places = ids.enumerated().map { $0.offset * tokens + poolingIndex($0.element) }
        let pooled = backend.gather(x.reshaped([ids.count * tokens, config.channels]), places)
        return Output(lastHiddenState: x, pooled: pooled, embeddings: projection.map { $0(pooled) })
    }

    private func length(of ids: [[Int]]) throws(NetworkInputError) -> Int {
        let tokens = ids.first?.count ?? 0
        guard (1...config.positions).contains(tokens) else {
            throw NetworkInputError(
                "input_ids: expected 1 to \(config.positions) tokens a text, found \(tokens)"
            )
        }
        for (index, row) in ids.enumerated() {
            guard row.count == tokens else {
                throw NetworkInputError(
                    "input_ids: expected \(tokens) tokens in text \(index), found \(row.count)"
                )
            }
            if let id = row.first(where: { $0 < 0 || $0 >= config.vocabularySize }) {
                throw NetworkInputError(
                    "input_ids: expected ids below \(config.vocabularySize), "
                        + "found \(id) in text \(index)"
                )
            }
        }
        return tokens
    }

    /// The first place of the end token; like the reference, the first token if there is none.
    private func poolingIndex(_ ids: [Int]) -> Int {
        let target =
            config.endToken == CLIPTextConfig.legacyEndToken ? ids.max() : config.endToken
        return ids.firstIndex { $0 == target } ?? 0
    }
}
