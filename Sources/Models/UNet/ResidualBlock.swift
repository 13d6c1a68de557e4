import NN
import Tensors

/// The residual block of the UNet and, without a timestep, of the autoencoder.
///
///     h = conv1(SiLU(norm1(x))) + time
///     y = (shortcut(x) + conv2(SiLU(norm2(h)))) / outputScale
///
/// In a video network a temporal convolution follows each of the two convolutions, the second one
/// after the sum.
struct ResidualBlock: Sendable {
    private let norm1: GroupNorm
    private let conv1: Conv2D
    private let timeProjection: Linear?
    private let norm2: GroupNorm
    private let conv2: Conv2D
    /// Present iff the numbers of channels differ.
    private let shortcut: Linear?
    private let outputScale: Float
    private let temporal: (first: TemporalConvolutionBranch, second: TemporalConvolutionBranch)?

    /// What all residual blocks of one network share.
    struct Style: Sendable {
        let groups: Int
        let epsilon: Float
        /// Width of the time embedding; nil without one.
        var timeChannels: Int?
        var outputScale: Float = 1
        /// Extent of the temporal convolutions; nil without them.
        var temporalTaps: Int?
    }

    init(_ inputs: Int, _ outputs: Int, _ style: Style, _ weights: WeightPath) throws(WeightError) {
        let same = Padding(1)
        norm1 = try GroupNorm(
            groups: style.groups,
            inputs,
            epsilon: style.epsilon,
            weights["norm1"]
        )
        conv1 = try Conv2D(inputs, outputs, kernel: 3, padding: same, weights["conv1"])
        timeProjection =
            if let channels = style.timeChannels {
                try Linear(channels, outputs, weights["time_emb_proj"])
            } else { nil }
        norm2 = try GroupNorm(
            groups: style.groups,
            outputs,
            epsilon: style.epsilon,
            weights["norm2"]
        )
        conv2 = try Conv2D(outputs, outputs, kernel: 3, padding: same, weights["conv2"])
        shortcut =
            inputs == outputs
            ? nil
            : try Linear(inputs, outputs, storage: .convolution, weights["conv_shortcut"])
        outputScale = style.outputScale
        guard let taps = style.temporalTaps else {
            temporal = nil
            return
        }
        temporal = (
            try TemporalConvolutionBranch(
                outputs,
                taps: taps,
                groups: style.groups,
                weights["temporal_conv1"]
            ),
            try TemporalConvolutionBranch(
                outputs,
                taps: taps,
                groups: style.groups,
                weights["temporal_conv2"]
            )
        )
    }

    /// - Parameters:
    ///   - x: `[N, H, W, inputs]`.
    ///   - time: SiLU of the time embedding, `[N or 1, timeChannels]`; nil in the autoencoder.
    ///   - clips: How the images form clips; nil leaves the temporal layers off.
    ///   - memo: Where evaluations with and without temporal layers share the first convolution.
    /// - Returns: `[N, H, W, outputs]`.
    func callAsFunction(
        _ x: consuming Tensor,
        time: Tensor? = nil,
        clips: ClipLayout? = nil,
        memo: TensorMemo? = nil
    ) -> Tensor {
        let backend = x.backend
        return backend.segment([consume x]) { run($0, time, clips, memo) }
    }

    /// The same of `x` and `more` joined along channels, which are read where they are.
    func callAsFunction(
        _ x: consuming Tensor,
        joining more: consuming Tensor,
        time: Tensor?,
        clips: ClipLayout?
    ) -> Tensor {
        let backend = x.backend
        return backend.segment([consume x, consume more]) { run($0, time, clips, nil) }
    }

    /// The block on `parts` joined along channels.
    private func run(
        _ parts: consuming [Tensor],
        _ time: Tensor?,
        _ clips: ClipLayout?,
        _ memo: TensorMemo?
    ) -> Tensor {
        let h: Tensor
        if let known = memo?[.firstConvolution] {
            h = known
        } else {
            h = firstConvolution(firstNorm(parts), time)
            memo?[.firstConvolution] = h
        }
        let skip = skip(parts)
        // What comes in may be large, and is not needed any more.
        _ = consume parts
        return finished(consume h, skip: consume skip, clips)
    }

    private func firstNorm(_ parts: [Tensor]) -> Tensor {
        parts.count == 1
            ? norm1(parts[0], activation: .silu) : norm1(joining: parts, activation: .silu)
    }

    private func skip(_ parts: [Tensor]) -> Tensor {
        guard let shortcut else {
            return parts.count == 1 ? parts[0] : parts[0].backend.concatenateChannels(parts)
        }
        return parts.count == 1 ? shortcut(parts[0]) : shortcut(joining: parts)
    }

    private func firstConvolution(_ x: Tensor, _ time: Tensor?) -> Tensor {
        var bias: Tensor?
        if let timeProjection, let time { bias = timeProjection(time) }
        return conv1(x, ConvolutionOptions(imageBias: bias))
    }

    /// Everything behind the first convolution.
    private func finished(
        _ h: consuming Tensor,
        skip: consuming Tensor,
        _ clips: ClipLayout?
    ) -> Tensor {
        if let temporal, let clips { h = temporal.first(h, clips: clips) }
        let normal = norm2(consume h, activation: .silu)
        var y = conv2(consume normal, ConvolutionOptions(residual: consume skip))
        if outputScale != 1 { y = y.scaled(by: 1 / outputScale) }
        if let temporal, let clips { y = temporal.second(y, clips: clips) }
        return y
    }
}
