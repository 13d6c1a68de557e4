package import Tensors

/// A 1-D convolution along the frames of `[B, F, H, W, C]`.
package struct TemporalConv: Sendable {
    package let parameters: TemporalConvolutionParameters

    /// Reads `weight` `[outputs, inputs, taps]` (or with two unit axes behind) and `bias`.
    package init(
        _ inputs: Int,
        _ outputs: Int,
        taps: Int,
        initialWeight: Initial? = nil,
        initialBias: Initial? = nil,
        _ weights: WeightPath
    ) throws(WeightError) {
        let start = Initial.uniform(fanIn: inputs * taps)
        let weight = try weights.stored(
            "weight",
            [outputs, inputs, taps],
            alternatives: [[outputs, inputs, taps, 1, 1]],
            initial: initialWeight ?? start
        )
        let bias = try weights.stored("bias", [outputs], initial: initialBias ?? start)
        parameters = weights.backend.prepareTemporalConvolution(weight: weight, bias: bias)
    }

    /// Convolves, adding `residual` of the result's shape.
    package func callAsFunction(_ x: Tensor, residual: Tensor? = nil) -> Tensor {
        x.convolveTemporal(parameters, residual: residual)
    }
}
