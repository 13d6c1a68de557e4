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
    /// - Returns: `[N, H, W, outputs]`.
    func callAsFunction(_ x: Tensor, time: Tensor? = nil, clips: ClipLayout? = nil) -> Tensor {
        x.backend.segment([x]) { run($0[0], time, clips) }
    }

    private func run(_ x: Tensor, _ time: Tensor?, _ clips: ClipLayout?) -> Tensor {
        var bias: Tensor?
        if let timeProjection, let time { bias = timeProjection(time) }
        var h = conv1(norm1(x, activation: .silu), ConvolutionOptions(imageBias: bias))
        if let temporal, let clips { h = temporal.first(h, clips: clips) }
        let skip = shortcut.map { $0(x) } ?? x
        h = conv2(norm2(h, activation: .silu), ConvolutionOptions(residual: skip))
        if outputScale != 1 { h = h.scaled(by: 1 / outputScale) }
        if let temporal, let clips { h = temporal.second(h, clips: clips) }
        return h
    }
}
