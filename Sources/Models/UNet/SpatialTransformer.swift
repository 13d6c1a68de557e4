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

    var crossAttentions: [CrossAttention] { blocks.map(\.crossAttention) }

    /// Transforms images `x` `[N, H, W, C]` under the conditioning's context.
    ///
    /// - Parameters:
    ///   - x: The images.
    ///   - conditioning: Its context is used, and what is known of it.
    ///   - memo: Where evaluations with other contexts share the first self-attention.
    /// - Returns: `[N, H, W, C]`.
    func callAsFunction(
        _ x: Tensor,
        _ conditioning: UNetConditioning,
        memo: TensorMemo? = nil
    ) -> Tensor {
        x.backend.segment([x]) { run($0[0], conditioning, memo) }
    }

    private func run(_ x: Tensor, _ conditioning: UNetConditioning, _ memo: TensorMemo?) -> Tensor {
        let tokens = Shape([x.shape[0], x.shape[1] * x.shape[2], x.shape[3]])
        let place = TensorMemo.Place.firstAttention(isVideo: conditioning.clips != nil)
        var h: Tensor
        if let known = memo?[place] {
            h = known
        } else {
            h = projectionIn(norm(x).reshaped(tokens))
            if let first = blocks.first { h = first.attend(consume h) }
            memo?[place] = h
        }
        for (index, block) in blocks.enumerated() {
            if index > 0 { h = block.attend(consume h) }
            h = block.finished(consume h, conditioning)
        }
        return projectionOut(consume h, residual: x.reshaped(tokens)).reshaped(x.shape)
    }
}

/// Self-attention, cross-attention and gated feed-forward, each on a layer norm of its input and
/// added to it.
private struct SpatialTransformerBlock: Sendable {
    private let norm1: LayerNorm
    private let selfAttention: SelfAttention
    private let norm2: LayerNorm
    let crossAttention: CrossAttention
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

    /// Self-attention.
    func attend(_ x: Tensor) -> Tensor {
        selfAttention(norm1(x), residual: x)
    }

    /// Everything behind the self-attention.
    func finished(_ x: consuming Tensor, _ conditioning: UNetConditioning) -> Tensor {
        let h = meetContext(consume x, conditioning)
        return feedForward(norm3(h), residual: h)
    }

    private func meetContext(_ x: consuming Tensor, _ conditioning: UNetConditioning) -> Tensor {
        let context = conditioning.context
        guard context.shape[1] == 1 else {
            return crossAttention(norm2(x), context: context, residual: x)
        }
        let place = TensorMemo.Place.content(crossAttention.identity)
        let rows = conditioning.contextMemo?[place] ?? crossAttention.rows(of: context)
        conditioning.contextMemo?[place] = rows
        return crossAttention.addRows(rows, to: x)
    }
}
