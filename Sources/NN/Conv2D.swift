package import Tensors

/// A 2-D convolution over `[N, H, W, C]`.
package struct Conv2D: Sendable {
    package let parameters: ConvolutionParameters

    /// Reads `weight` `[outputs, inputs, kernel, kernel]` and `bias` `[outputs]`.
    package init(
        _ inputs: Int,
        _ outputs: Int,
        kernel: Int,
        stride: Int = 1,
        padding: Padding,
        bias: Bool = true,
        initial: Initial? = nil,
        _ weights: WeightPath
    ) throws(WeightError) {
        let start = initial ?? .uniform(fanIn: inputs * kernel * kernel)
        let weight = try weights.stored(
            "weight",
            [outputs, inputs, kernel, kernel],
            initial: start
        )
        let shift = bias ? try weights.stored("bias", [outputs], initial: start) : nil
        parameters = weights.backend.prepareConvolution(
            weight: weight,
            bias: shift,
            stride: stride,
            padding: padding
        )
    }

    package func callAsFunction(
        _ x: Tensor,
        _ options: ConvolutionOptions = ConvolutionOptions()
    ) -> Tensor {
        x.convolve(parameters, options)
    }
}
