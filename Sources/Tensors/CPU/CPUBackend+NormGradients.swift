import CKernels

extension CPUBackend {
    package func groupNormGradient(
        _ x: Tensor,
        _ parameters: NormParameters,
        groups: Int,
        activation: Activation,
        gradient: Tensor
    ) -> NormGradients {
        precondition(
            x.shape.rank >= 2 && x.shape[-1] % groups == 0,
            "group norm of \(x.shape) in \(groups) groups"
        )
        return unsafe normGradient(x, parameters, images: x.shape[0], gradient) { job in
            unsafe weft_group_norm_gradient(
                pool,
                version,
                &job,
                Int64(groups),
                activation.rawValue
            )
        }
    }

    package func layerNormGradient(
        _ x: Tensor,
        _ parameters: NormParameters,
        gradient: Tensor
    ) -> NormGradients {
        unsafe normGradient(x, parameters, images: 1, gradient) { job in
            unsafe weft_layer_norm_gradient(pool, version, &job)
        }
    }

    private func normGradient(
        _ x: Tensor,
        _ parameters: NormParameters,
        images: Int,
        _ gradient: Tensor,
        _ body: (inout weft_norm_gradient) -> Void
    ) -> NormGradients {
        let channels = x.shape[-1]
        precondition(
            x.count > 0 && parameters.scale.count == channels
                && parameters.shift.count == channels && gradient.count == x.count,
            "the gradient \(gradient.shape) of a norm of \(x.shape) with "
                + "\(parameters.scale.count) scales"
        )
        let gradients = NormGradients(
            input: allocate(x.shape),
            scale: allocate([channels]),
            shift: allocate([channels])
        )
        var job = unsafe weft_norm_gradient(
            x: pointer(x),
            scale: pointer(parameters.scale),
            shift: pointer(parameters.shift),
            images: Int64(images),
            rows: Int64(x.count / images / channels),
            channels: Int64(channels),
            epsilon: parameters.epsilon,
            dy: pointer(gradient),
            dx: mutable(gradients.input),
            dscale: mutable(gradients.scale),
            dshift: mutable(gradients.shift)
        )
        unsafe body(&job)
        return gradients
    }
}
