import NN
import Tensors

/// A residual unit with its activations before its convolutions.
///
/// He et al. 2016, arXiv 1603.05027.
struct PreActivationUnit: Sendable {
    private let convolution1: Conv2D
    private let convolution2: Conv2D

    init(_ channels: Int, bias: Bool, _ weights: WeightPath) throws(WeightError) {
        convolution1 = try Conv2D(
            channels,
            channels,
            kernel: 3,
            padding: Padding(1),
            bias: bias,
            weights["convolution1"]
        )
        convolution2 = try Conv2D(
            channels,
            channels,
            kernel: 3,
            padding: Padding(1),
            bias: bias,
            weights["convolution2"]
        )
    }

    /// Maps `[N, H, W, C]`, adding `residual` of the same shape besides the unit's own input.
    func callAsFunction(_ x: Tensor, adding residual: Tensor? = nil) -> Tensor {
        let inner = convolution1(x.activate(.relu), ConvolutionOptions(activation: .relu))
        let own = residual.map { x + $0 } ?? x
        return convolution2(inner, ConvolutionOptions(residual: own))
    }
}

/// Joins a map with the next finer one and doubles it.
///
/// Ranftl et al. 2021, arXiv 2103.13413, section 3.
struct FusionBlock: Sendable {
    private let skipUnit: PreActivationUnit?
    private let unit: PreActivationUnit
    private let projection: Linear

    /// - Parameters:
    ///   - config: Sizes.
    ///   - hasSkip: False for the deepest block, which joins nothing; files hold a unit for it
    ///     that nobody runs.
    ///   - weights: The block's place.
    /// - Throws: `WeightError` as `WeightPath` does.
    init(_ config: DPTConfig, hasSkip: Bool, _ weights: WeightPath) throws(WeightError) {
        let channels = config.fusionChannels
        skipUnit =
            hasSkip
            ? try PreActivationUnit(
                channels,
                bias: config.hasFusionBias,
                weights["residual_layer1"]
            ) : nil
        unit = try PreActivationUnit(
            channels,
            bias: config.hasFusionBias,
            weights["residual_layer2"]
        )
        projection = try Linear(channels, channels, storage: .convolution, weights["projection"])
    }

    /// Maps `x` and the finer map `skip`, both `[N, H, W, C]`, to twice the size.
    func callAsFunction(_ x: Tensor, skip: Tensor?) -> Tensor {
        x.backend.segment(skip.map { [x, $0] } ?? [x]) { inputs in
            run(inputs[0], skip: inputs.count > 1 ? inputs[1] : nil)
        }
    }

    private func run(_ x: Tensor, skip: Tensor?) -> Tensor {
        var joined = x
        if let skip, let skipUnit {
            // Odd grids do not halve evenly; the finer map then follows the coarser.
            let isEqual = skip.shape == x.shape
            let sized =
                isEqual ? skip : skip.resize(height: x.shape[1], width: x.shape[2], .bilinear)
            joined = skipUnit(sized, adding: x)
        }
        let fused = unit(joined)
        // The projection is pointwise, so it commutes with the interpolation, whose weights sum to
        // one, and runs on a quarter of the pixels.
        return projection(fused).resize(
            height: 2 * x.shape[1],
            width: 2 * x.shape[2],
            .bilinearAlignedCorners
        )
    }
}
