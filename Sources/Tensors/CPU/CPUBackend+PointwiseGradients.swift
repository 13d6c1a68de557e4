import CKernels

extension CPUBackend {
    package func activationGradient(
        _ x: Tensor,
        _ activation: Activation,
        gradient: Tensor
    ) -> Tensor {
        checkGradient(gradient, of: x)
        let result = allocate(x.shape)
        unsafe weft_activate_gradient(
            pool,
            version,
            pointer(x),
            pointer(gradient),
            Int64(x.count),
            activation.rawValue,
            mutable(result)
        )
        return result
    }

    package func gate(_ x: Tensor) -> Tensor {
        let columns = gateColumns(x)
        let result = allocate(Shape(x.shape.dimensions.dropLast() + [columns]))
        unsafe weft_gate(
            pool,
            version,
            pointer(x),
            Int64(x.count / (2 * columns)),
            Int64(columns),
            mutable(result)
        )
        return result
    }

    package func gateGradient(_ x: Tensor, gradient: Tensor) -> Tensor {
        let columns = gateColumns(x, gradient: gradient)
        let result = allocate(x.shape)
        unsafe weft_gate_gradient(
            pool,
            version,
            pointer(x),
            pointer(gradient),
            Int64(x.count / (2 * columns)),
            Int64(columns),
            mutable(result)
        )
        return result
    }

    package func adamW(
        value: Tensor,
        gradient: Tensor,
        mean: Tensor,
        variance: Tensor,
        _ step: AdamWStep
    ) {
        checkUpdate(of: value, with: [gradient, mean, variance])
        let factors = step.factors
        var numbers = weft_adamw(
            gradient_scale: step.gradientScale,
            mean_rate: factors.meanRate,
            variance_rate: factors.varianceRate,
            root_scale: factors.rootScale,
            epsilon: step.epsilon,
            rate: factors.rate,
            decay: factors.decay
        )
        unsafe weft_adamw_step(
            pool,
            version,
            mutable(value),
            pointer(gradient),
            mutable(mean),
            mutable(variance),
            Int64(value.count),
            &numbers
        )
    }

    package func squaredNorms(_ tensors: [Tensor]) -> [Double] {
        tensors.map { unsafe weft_squares(pool, version, pointer($0), Int64($0.count)) }
    }
}
