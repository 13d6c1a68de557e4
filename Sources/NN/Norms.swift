package import Tensors

/// Group normalisation of `[N, ..., C]`, statistics per outermost slice.
package struct GroupNorm: Sendable {
    package let parameters: NormParameters
    package let groups: Int

    /// Reads `weight` and `bias`, each `[channels]`.
    package init(
        groups: Int,
        _ channels: Int,
        epsilon: Float,
        _ weights: WeightPath
    ) throws(WeightError) {
        precondition(
            channels % groups == 0,
            "\(weights.key): \(channels) channels, \(groups) groups"
        )
        self.groups = groups
        parameters = try NormParameters(channels, epsilon: epsilon, weights)
    }

    package func callAsFunction(_ x: Tensor, activation: Activation = .identity) -> Tensor {
        x.groupNorm(parameters, groups: groups, activation: activation)
    }

    /// Normalises `parts` joined along channels.
    package func callAsFunction(
        joining parts: [Tensor],
        activation: Activation = .identity
    ) -> Tensor {
        parts[0].backend.groupNorm(
            joining: parts,
            parameters,
            groups: groups,
            activation: activation
        )
    }
}

/// Layer normalisation of the rows of `[..., C]`.
package struct LayerNorm: Sendable {
    package let parameters: NormParameters

    /// Reads `weight` and `bias`, each `[channels]`.
    package init(_ channels: Int, epsilon: Float = 1e-5, _ weights: WeightPath) throws(WeightError)
    {
        parameters = try NormParameters(channels, epsilon: epsilon, weights)
    }

    package func callAsFunction(_ x: Tensor) -> Tensor {
        x.layerNorm(parameters)
    }
}

extension NormParameters {
    init(_ channels: Int, epsilon: Float, _ weights: WeightPath) throws(WeightError) {
        self.init(
            scale: try weights.tensor("weight", [channels], initial: .ones),
            shift: try weights.tensor("bias", [channels], initial: .zeros),
            epsilon: epsilon
        )
    }
}
