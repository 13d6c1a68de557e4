import NN
import Tensors

/// The transformer block with normalisation before each part that CLIP, ViT and the prior share.
///
/// x + Attention(LN(x)), then x + MLP(LN(x)): Xiong et al. 2020, arXiv 2002.04745.
struct PreNormBlock: Sendable {
    private let attentionNorm: LayerNorm
    private let attention: SelfAttention
    private let feedForwardNorm: LayerNorm
    private let feedForward: FeedForward

    /// Sizes of a block.
    struct Config: Hashable, Sendable {
        var channels: Int
        var heads: Int
        /// Channels of a head.
        var headWidth: Int
        /// Channels between the two layers of the perceptron.
        var hidden: Int
        var activation: Activation
        /// Added to variances.
        var epsilon: Float
        /// Whether queries, keys and values have a bias.
        var hasProjectionBias = true
    }

    /// Where the parameters are, by library.
    struct Names: Sendable {
        var attentionNorm: String
        var attention: String
        var projections: SelfAttention.Names
        var feedForwardNorm: String
        var expand: String
        var contract: String

        static let clip = Names(
            attentionNorm: "layer_norm1",
            attention: "self_attn",
            projections: .clip,
            feedForwardNorm: "layer_norm2",
            expand: "mlp.fc1",
            contract: "mlp.fc2"
        )
        static let vit = Names(
            attentionNorm: "layernorm_before",
            attention: "attention",
            projections: SelfAttention.Names(
                query: "attention.query",
                key: "attention.key",
                value: "attention.value",
                output: "output.dense"
            ),
            feedForwardNorm: "layernorm_after",
            expand: "intermediate.dense",
            contract: "output.dense"
        )
        static let diffusers = Names(
            attentionNorm: "norm1",
            attention: "attn1",
            projections: .diffusers,
            feedForwardNorm: "norm3",
            expand: "ff.net.0.proj",
            contract: "ff.net.2"
        )
    }

    init(_ config: Config, names: Names, _ weights: WeightPath) throws(WeightError) {
        attentionNorm = try LayerNorm(
            config.channels,
            epsilon: config.epsilon,
            weights[names.attentionNorm]
        )
        attention = try SelfAttention(
            config.channels,
            heads: config.heads,
            headWidth: config.headWidth,
            projectionBias: config.hasProjectionBias,
            names: names.projections,
            weights[names.attention]
        )
        feedForwardNorm = try LayerNorm(
            config.channels,
            epsilon: config.epsilon,
            weights[names.feedForwardNorm]
        )
        feedForward = try FeedForward(
            config.channels,
            hidden: config.hidden,
            activation: config.activation,
            names: (names.expand, names.contract),
            weights
        )
    }

    /// Maps tokens `[B, T, C]`.
    func callAsFunction(_ x: Tensor, mask: AttentionMask = .none) -> Tensor {
        x.backend.segment([x]) { run($0[0], mask) }
    }

    private func run(_ x: Tensor, _ mask: AttentionMask) -> Tensor {
        let attended = attention(attentionNorm(x), mask: mask, residual: x)
        return feedForward(feedForwardNorm(attended), residual: attended)
    }
}
