import CKernels

extension CPUBackend {
    package func groupNormGradient(
        _ x: Tensor,
        _ parameters: NormParameters,
        groups: Int,
        activation: Activation,
        gradient: Tensor
    ) -> NormGradients {
        checkGroups(x, groups: groups)
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
        checkNorm(x, parameters, gradient: gradient)
        let channels = x.shape[-1]
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
