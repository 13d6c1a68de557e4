package import Tensors

/// The GEGLU feed-forward of a transformer block (Shazeer 2020, arXiv 2002.05202).
package struct GatedFeedForward: Sendable {
    private let expand: Linear
    private let contract: Linear

    /// Reads diffusers' `net.0.proj` and `net.2`; the hidden width is four times `channels`.
    package init(
        _ channels: Int,
        initialOutput: Initial? = nil,
        _ weights: WeightPath
    ) throws(WeightError) {
        expand = try Linear(channels, 8 * channels, gated: true, weights["net.0.proj"])
        contract = try Linear(4 * channels, channels, initial: initialOutput, weights["net.2"])
    }

    package func callAsFunction(_ x: consuming Tensor, residual: Tensor? = nil) -> Tensor {
        let hidden = x.gatedLinear(expand.parameters)
        _ = consume x
        return contract(consume hidden, residual: residual)
    }
}

/// A two-layer perceptron with one activation between.
package struct FeedForward: Sendable {
    private let expand: Linear
    private let contract: Linear
    private let activation: Activation

    package init(
        _ channels: Int,
        hidden: Int,
        activation: Activation,
        names: (expand: String, contract: String),
        _ weights: WeightPath
    ) throws(WeightError) {
        self.activation = activation
        expand = try Linear(channels, hidden, weights[names.expand])
        contract = try Linear(hidden, channels, weights[names.contract])
    }

    package func callAsFunction(_ x: consuming Tensor, residual: Tensor? = nil) -> Tensor {
        let hidden = expand(consume x, activation: activation)
        return contract(consume hidden, residual: residual)
    }
}
