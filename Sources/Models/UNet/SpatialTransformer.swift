import NN
import Tensors

/// The transformer over the pixels of each image that follows a residual block.
///
/// Group norm, projection to tokens, transformer blocks, projection back, plus the input.
struct SpatialTransformer: Sendable {
    private let norm: GroupNorm
    private let projectionIn: Linear
    private let blocks: [SpatialTransformerBlock]
    private let projectionOut: Linear

    /// What all spatial transformers of one network share.
    struct Style: Sendable {
        let groups: Int
        let contextChannels: Int
        let usesLinearProjection: Bool
    }

    /// - Parameters:
    ///   - channels: Width of the images.
    ///   - heads: Heads of each attention, ⌊channels / heads⌋ wide.
    ///   - layers: Number of transformer blocks.
    ///   - style: What it shares with the others.
    ///   - weights: The transformer's place.
    /// - Throws: `WeightError` as `WeightPath` does.
    init(
        _ channels: Int,
        heads: Int,
        layers: Int,
        _ style: Style,
        _ weights: WeightPath
    ) throws(WeightError) {
        let inner = heads * (channels / heads)
        let storage: Linear.Storage = style.usesLinearProjection ? .matrix : .convolution
        norm = try GroupNorm(groups: style.groups, channels, epsilon: 1e-6, weights["norm"])
        projectionIn = try Linear(channels, inner, storage: storage, weights["proj_in"])
        var blocks: [SpatialTransformerBlock] = []
        for layer in 0..<layers {
            blocks.append(
                try SpatialTransformerBlock(
                    inner,
                    contextChannels: style.contextChannels,
                    heads: heads,
                    weights["transformer_blocks"][layer]
                )
            )
        }
        self.blocks = blocks
        projectionOut = try Linear(inner, channels, storage: storage, weights["proj_out"])
    }

    /// Transforms images `x` `[N, H, W, C]` under `context` `[N or 1, S, K]`, or `[B, 1, K]` with B
    /// dividing N.
    func callAsFunction(_ x: Tensor, context: Tensor) -> Tensor {
        x.backend.segment([x]) { run($0[0], context) }
    }

    private func run(_ x: Tensor, _ context: Tensor) -> Tensor {
        let tokens = Shape([x.shape[0], x.shape[1] * x.shape[2], x.shape[3]])
        var h = projectionIn(norm(x).reshaped(tokens))
        for block in blocks { h = block(h, context: context) }
        return projectionOut(h, residual: x.reshaped(tokens)).reshaped(x.shape)
    }
}

/// Self-attention, cross-attention and gated feed-forward, each on a layer norm of its input and
/// added to it.
private struct SpatialTransformerBlock: Sendable {
    private let norm1: LayerNorm
    private let selfAttention: SelfAttention
    private let norm2: LayerNorm
    private let crossAttention: CrossAttention
    private let norm3: LayerNorm
    private let feedForward: GatedFeedForward

    init(
        _ channels: Int,
        contextChannels: Int,
        heads: Int,
        _ weights: WeightPath
    ) throws(WeightError) {
        norm1 = try LayerNorm(channels, weights["norm1"])
        selfAttention = try SelfAttention(channels, heads: heads, weights["attn1"])
        norm2 = try LayerNorm(channels, weights["norm2"])
        crossAttention = try CrossAttention(
            channels,
            contextChannels: contextChannels,
            heads: heads,
            weights["attn2"]
        )
        norm3 = try LayerNorm(channels, weights["norm3"])
        feedForward = try GatedFeedForward(channels, weights["ff"])
    }

    func callAsFunction(_ x: Tensor, context: Tensor) -> Tensor {
        var h = selfAttention(norm1(x), residual: x)
        h =
            context.shape[1] == 1
            ? crossAttention.addToken(context, to: h)
            : crossAttention(norm2(h), context: context, residual: h)
        return feedForward(norm3(h), residual: h)
    }
}
