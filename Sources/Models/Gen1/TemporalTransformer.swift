import NN
import Tensors

/// The transformer over the frames of each pixel that follows a spatial one.
///
/// It mirrors its spatial counterpart: group norm, projection to tokens, learned frame positions,
/// a block of self-attention and gated feed-forward, projection back, plus the input. The
/// projection back starts at zero, so a fresh one adds exactly nothing. It does not see the
/// content, which is one token: attending to it would add the same vector to every frame.
struct TemporalTransformer: Sendable {
    private let norm: GroupNorm
    private let projectionIn: Linear
    /// `[maxFrames, inner]`.
    private let positions: Tensor
    private let norm1: LayerNorm
    private let attention: SelfAttention
    private let norm3: LayerNorm
    private let feedForward: GatedFeedForward
    private let projectionOut: Linear

    init(
        _ channels: Int,
        heads: Int,
        groups: Int,
        _ style: TemporalStyle,
        _ weights: WeightPath
    ) throws(WeightError) {
        let inner = heads * (channels / heads)
        norm = try GroupNorm(groups: groups, channels, epsilon: 1e-6, weights["norm"])
        projectionIn = try Linear(channels, inner, weights["proj_in"])
        positions = try weights["frame_positions"].tensor(
            "weight",
            [style.maxFrames, inner],
            initial: .normal(standardDeviation: 0.02)
        )
        let block = weights["transformer_blocks.0"]
        norm1 = try LayerNorm(inner, block["norm1"])
        attention = try SelfAttention(inner, heads: heads, block["attn1"])
        norm3 = try LayerNorm(inner, block["norm3"])
        feedForward = try GatedFeedForward(inner, block["ff"])
        projectionOut = try Linear(inner, channels, initial: .zeros, weights["proj_out"])
    }

    /// Adds the transformer to `x` `[B · F, H, W, C]`; F is at most the number of positions.
    func callAsFunction(_ x: Tensor, clips: ClipLayout) -> Tensor {
        x.backend.segment([x]) { run($0[0], clips) }
    }

    private func run(_ x: Tensor, _ clips: ClipLayout) -> Tensor {
        let pixels = x.shape[1] * x.shape[2]
        let tokens = Shape([clips.clips, clips.frames, pixels, x.shape[3]])
        let video = x.reshaped(tokens)
        var h = projectionIn(norm(video))
        h = h.addRows(positions.outer(0..<clips.frames), repeats: pixels)
        h = attention.overFrames(norm1(h), residual: h)
        h = feedForward(norm3(h), residual: h)
        return projectionOut(consume h, residual: video).reshaped(x.shape)
    }
}
