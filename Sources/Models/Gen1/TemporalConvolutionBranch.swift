import NN
import Tensors

/// How images `[B · F, H, W, C]` form clips.
struct ClipLayout: Hashable, Sendable {
    let clips: Int
    let frames: Int
}

/// What the temporal layers of a video network share.
struct TemporalStyle: Hashable, Sendable {
    /// Extent of the temporal convolutions, odd.
    let taps: Int
    /// Number of learned frame positions.
    let maxFrames: Int
}

/// The convolution along time after a 2-D convolution: x + conv(SiLU(norm(x))).
///
/// Its kernel starts at zero, so a fresh branch adds exactly nothing. Statistics of the norm are
/// pooled over a clip's frames: per frame they would hide from the branch the differences of
/// brightness and contrast between frames that it is there to even out.
struct TemporalConvolutionBranch: Sendable {
    private let norm: GroupNorm
    private let conv: TemporalConv

    init(_ channels: Int, taps: Int, groups: Int, _ weights: WeightPath) throws(WeightError) {
        norm = try GroupNorm(groups: groups, channels, epsilon: 1e-5, weights["norm"])
        conv = try TemporalConv(
            channels,
            channels,
            taps: taps,
            initialWeight: .zeros,
            initialBias: .zeros,
            weights["conv"]
        )
    }

    /// Adds the branch to `x` `[B · F, H, W, C]`.
    func callAsFunction(_ x: Tensor, clips: ClipLayout) -> Tensor {
        let video = x.reshaped(
            Shape([clips.clips, clips.frames, x.shape[1], x.shape[2], x.shape[3]])
        )
        return conv(norm(video, activation: .silu), residual: video).reshaped(x.shape)
    }
}
