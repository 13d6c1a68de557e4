package import Tensors

/// x Wᵀ + b over the last axis.
package struct Linear: Sendable {
    /// How public checkpoints hold the weight; both forms are read, a fresh one is written so.
    package enum Storage: Hashable, Sendable {
        /// `[outputs, inputs]`.
        case matrix
        /// `[outputs, inputs, 1, 1]`.
        case convolution
    }

    package let parameters: LinearParameters

    /// Reads `weight` `[outputs, inputs]` (or the same as a 1×1 convolution) and `bias`
    /// `[outputs]`; a gated layer's second half of outputs gates the first and is applied by
    /// `gatedLinear`.
    package init(
        _ inputs: Int,
        _ outputs: Int,
        bias: Bool = true,
        gated: Bool = false,
        initial: Initial? = nil,
        initialBias: Initial? = nil,
        storage: Storage = .matrix,
        _ weights: WeightPath
    ) throws(WeightError) {
        let part = try Linear.part(
            inputs,
            outputs,
            bias: bias,
            initial: initial,
            initialBias: initialBias,
            storage: storage,
            weights
        )
        parameters = weights.backend.prepareLinear([part], gated: gated)
    }

    /// Several layers over one input as one product; their outputs stand side by side.
    package init(
        _ inputs: Int,
        stacking layers: [(outputs: Int, weights: WeightPath)],
        bias: Bool
    ) throws(WeightError) {
        var parts: [(weight: StoredTensor, bias: StoredTensor?)] = []
        for layer in layers {
            parts.append(try Linear.part(inputs, layer.outputs, bias: bias, layer.weights))
        }
        parameters = layers[0].weights.backend.prepareLinear(parts, gated: false)
    }

    package func callAsFunction(
        _ x: Tensor,
        activation: Activation = .identity,
        residual: Tensor? = nil
    ) -> Tensor {
        x.linear(parameters, activation: activation, residual: residual)
    }

    /// Of `parts` joined along the last axis.
    package func callAsFunction(joining parts: [Tensor]) -> Tensor {
        parts[0].backend.linear(joining: parts, parameters)
    }

    private static func part(
        _ inputs: Int,
        _ outputs: Int,
        bias: Bool,
        initial: Initial? = nil,
        initialBias: Initial? = nil,
        storage: Storage = .matrix,
        _ weights: WeightPath
    ) throws(WeightError) -> (weight: StoredTensor, bias: StoredTensor?) {
        let matrix: Shape = [outputs, inputs]
        let convolution: Shape = [outputs, inputs, 1, 1]
        let weight = try weights.stored(
            "weight",
            storage == .matrix ? matrix : convolution,
            alternatives: [matrix, convolution],
            initial: initial ?? .uniform(fanIn: inputs)
        )
        guard bias else { return (weight, nil) }
        let shift = try weights.stored(
            "bias",
            [outputs],
            initial: initialBias ?? initial ?? .uniform(fanIn: inputs)
        )
        return (weight, shift)
    }
}
