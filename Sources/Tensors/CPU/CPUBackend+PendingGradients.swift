// Until their kernels are there.
extension CPUBackend {
    package func activationGradient(
        _ x: Tensor,
        _ activation: Activation,
        gradient: Tensor
    ) -> Tensor { fatalError("pending") }

    package func gate(_ x: Tensor) -> Tensor { fatalError("pending") }

    package func gateGradient(_ x: Tensor, gradient: Tensor) -> Tensor { fatalError("pending") }

    package func groupNormGradient(
        _ x: Tensor,
        _ parameters: NormParameters,
        groups: Int,
        activation: Activation,
        gradient: Tensor
    ) -> NormGradients { fatalError("pending") }

    package func layerNormGradient(
        _ x: Tensor,
        _ parameters: NormParameters,
        gradient: Tensor
    ) -> NormGradients { fatalError("pending") }

    package func attentionGradient(
        query: AttentionOperand,
        key: AttentionOperand,
        value: AttentionOperand,
        heads: Int,
        scale: Float,
        mask: AttentionMask,
        output: Tensor,
        gradient: Tensor
    ) -> AttentionGradients { fatalError("pending") }

    package func temporalAttentionGradient(
        query: AttentionOperand,
        key: AttentionOperand,
        value: AttentionOperand,
        heads: Int,
        scale: Float,
        output: Tensor,
        gradient: Tensor
    ) -> AttentionGradients { fatalError("pending") }

    package func adamW(
        value: Tensor,
        gradient: Tensor,
        mean: Tensor,
        variance: Tensor,
        _ step: AdamWStep
    ) { fatalError("pending") }

    package func squaredNorm(_ x: Tensor) -> Double { fatalError("pending") }
}
