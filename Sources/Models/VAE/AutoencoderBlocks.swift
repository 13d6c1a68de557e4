import NN
import Tensors

extension AutoencoderConfig {
    /// The residual blocks of both halves: no timestep, epsilon 1e-6.
    var residual: ResidualBlock.Style {
        ResidualBlock.Style(groups: normGroups, epsilon: 1e-6)
    }
}

/// Self-attention over the pixels of an image with a single head as wide as the image, added to
/// its input.
struct PixelAttention: Sendable {
    private let norm: GroupNorm
    private let attention: SelfAttention

    init(_ channels: Int, groups: Int, _ weights: WeightPath) throws(WeightError) {
        norm = try GroupNorm(groups: groups, channels, epsilon: 1e-6, weights["group_norm"])
        attention = try SelfAttention(channels, heads: 1, projectionBias: true, weights)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        x.backend.segment([x]) { run($0[0]) }
    }

    private func run(_ x: Tensor) -> Tensor {
        let tokens = Shape([x.shape[0], x.shape[1] * x.shape[2], x.shape[3]])
        return attention(norm(x).reshaped(tokens), residual: x.reshaped(tokens)).reshaped(x.shape)
    }
}

/// The coarsest resolution of either half: residual block, attention, residual block.
struct AutoencoderMiddle: Sendable {
    private let first: ResidualBlock
    private let attention: PixelAttention?
    private let second: ResidualBlock

    init(_ config: AutoencoderConfig, _ weights: WeightPath) throws(WeightError) {
        let channels = config.blockChannels[config.blockChannels.count - 1]
        first = try ResidualBlock(channels, channels, config.residual, weights["resnets.0"])
        attention =
            config.hasMiddleAttention
            ? try PixelAttention(channels, groups: config.normGroups, weights["attentions.0"])
            : nil
        second = try ResidualBlock(channels, channels, config.residual, weights["resnets.1"])
    }

    func callAsFunction(_ x: consuming Tensor) -> Tensor {
        var h = first(consume x)
        if let attention { h = attention(h) }
        return second(consume h)
    }
}

/// One resolution of either half: residual blocks, then a convolution that changes the size.
struct AutoencoderStage: Sendable {
    private let layers: [ResidualBlock]
    private let resampling: Conv2D?
    private let doublesSize: Bool

    /// What follows the residual blocks.
    enum Resampling: Sendable {
        case none
        /// Step 2, zeros at right and bottom only.
        case halve
        /// Nearest neighbour, then a convolution.
        case double
    }

    init(
        from inputs: Int,
        to outputs: Int,
        layers count: Int,
        _ resampling: Resampling,
        _ config: AutoencoderConfig,
        _ weights: WeightPath
    ) throws(WeightError) {
        var layers: [ResidualBlock] = []
        for index in 0..<count {
            layers.append(
                try ResidualBlock(
                    index == 0 ? inputs : outputs,
                    outputs,
                    config.residual,
                    weights["resnets"][index]
                )
            )
        }
        self.layers = layers
        doublesSize = resampling == .double
        switch resampling {
        case .none:
            self.resampling = nil
        case .halve:
            self.resampling = try Conv2D(
                outputs,
                outputs,
                kernel: 3,
                stride: 2,
                padding: Padding(top: 0, left: 0, bottom: 1, right: 1),
                weights["downsamplers.0.conv"]
            )
        case .double:
            self.resampling = try Conv2D(
                outputs,
                outputs,
                kernel: 3,
                padding: Padding(1),
                weights["upsamplers.0.conv"]
            )
        }
    }

    func callAsFunction(_ x: consuming Tensor) -> Tensor {
        var h = consume x
        for layer in layers { h = layer(consume h) }
        guard let resampling else { return h }
        guard doublesSize else { return resampling(h) }
        let size = (height: 2 * h.shape[1], width: 2 * h.shape[2])
        return resampling(h, ConvolutionOptions(enlargedTo: size))
    }
}
