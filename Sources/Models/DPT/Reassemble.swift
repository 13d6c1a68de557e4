import NN
import Tensors

/// Turns the tokens of one tap into a map of its own scale.
///
/// Ranftl et al. 2021, arXiv 2103.13413, section 3.
struct Reassemble: Sendable {
    private let readout: DPTConfig.Readout
    private let readoutProjection: Linear?
    private let activation: Activation
    private let projection: Linear
    private let resize: Resize

    private enum Resize: Sendable {
        case none
        case enlarge(EnlargingConvolution)
        case reduce(Conv2D)
    }

    /// Reads tap `index` below `weights`, the reassemble stage.
    init(_ config: DPTConfig, tap index: Int, _ weights: WeightPath) throws(WeightError) {
        let channels = config.neckChannels[index]
        readout = config.readout
        activation = config.activation
        readoutProjection =
            readout == .project
            ? try Linear(
                2 * config.channels,
                config.channels,
                weights["readout_projects"][index]["0"]
            ) : nil
        let layer = weights["layers"][index]
        projection = try Linear(
            config.channels,
            channels,
            storage: .convolution,
            layer["projection"]
        )
        switch config.scales[index] {
        case .enlarged(by: 1):
            resize = .none
        case .enlarged(let factor):
            let place = layer["resize"]
            resize = .enlarge(try EnlargingConvolution(channels, factor: factor, place))
        case .reduced(let factor):
            let convolution = try Conv2D(
                channels,
                channels,
                kernel: 3,
                stride: factor,
                padding: Padding(1),
                layer["resize"]
            )
            resize = .reduce(convolution)
        }
    }

    /// Maps `[N, height · width + 1, C]` to `[N, h, w, neckChannels]`.
    func callAsFunction(_ tokens: Tensor, height: Int, width: Int) -> Tensor {
        let map = projection(merged(tokens))
            .reshaped([tokens.shape[0], height, width, projection.parameters.outputs])
        switch resize {
        case .none: return map
        case .enlarge(let convolution): return convolution(map)
        case .reduce(let convolution): return convolution(map)
        }
    }

    /// The tokens without the class token, after it has said its part.
    private func merged(_ tokens: Tensor) -> Tensor {
        let patches = tokens.withoutFirstToken
        let count = patches.shape[1]
        switch readout {
        case .ignore:
            return patches
        case .add:
            return patches + tokens.token(0, repeated: count).reshaped(patches.shape)
        case .project:
            let readouts = tokens.token(0, repeated: count).reshaped(patches.shape)
            let joined = tokens.backend.concatenateChannels([patches, readouts])
            return readoutProjection.map { $0(joined, activation: activation) } ?? patches
        }
    }
}

/// A transposed convolution whose stride is its kernel: each pixel becomes a block by itself, so it
/// is a matrix product and a rearrangement.
private struct EnlargingConvolution: Sendable {
    private let product: LinearParameters
    private let factor: Int

    /// Reads `weight` `[inputs, outputs, factor, factor]` and `bias` `[outputs]`.
    init(_ channels: Int, factor: Int, _ weights: WeightPath) throws(WeightError) {
        self.factor = factor
        let start = Initial.uniform(fanIn: channels * factor * factor)
        let weight = try weights.stored(
            "weight",
            [channels, channels, factor, factor],
            initial: start
        )
        let bias = try weights.stored("bias", [channels], initial: start)
        // Rows by row offset, column offset, output; columns by input.
        let kernel = weight.permuted([2, 3, 1, 0], as: [factor * factor * channels, channels])
        let shift = bias.repeated(factor * factor)
        product = weights.backend.prepareLinear([(kernel, shift)], gated: false)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        x.linear(product).depthToSpace(factor: factor)
    }
}
