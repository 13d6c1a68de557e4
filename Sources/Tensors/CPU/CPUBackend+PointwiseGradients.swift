import CKernels
import Glibc

extension CPUBackend {
    package func activationGradient(
        _ x: Tensor,
        _ activation: Activation,
        gradient: Tensor
    ) -> Tensor {
        precondition(gradient.count == x.count, "a gradient \(gradient.shape) of \(x.shape)")
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
        let columns = gateColumns(x)
        precondition(
            2 * gradient.count == x.count,
            "a gradient \(gradient.shape) of the gate of \(x.shape)"
        )
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

    private func gateColumns(_ x: Tensor) -> Int {
        precondition(x.shape[-1] > 0 && x.shape[-1] % 2 == 0, "a gate of \(x.shape)")
        return x.shape[-1] / 2
    }

    package func adamW(
        value: Tensor,
        gradient: Tensor,
        mean: Tensor,
        variance: Tensor,
        _ step: AdamWStep
    ) {
        for tensor in [gradient, mean, variance] {
            precondition(
                tensor.count == value.count,
                "an update of \(value.shape) meets \(tensor.shape)"
            )
        }
        precondition(step.number > 0, "update \(step.number): the first is 1")
        // The corrections of bias, in float64: 1 - beta^n cancels.
        let number = Double(step.number)
        let meanCorrection = 1 - pow(Double(step.beta1), number)
        let varianceCorrection = 1 - pow(Double(step.beta2), number)
        var numbers = weft_adamw(
            gradient_scale: step.gradientScale,
            mean_rate: Float(1 - Double(step.beta1)),
            variance_rate: Float(1 - Double(step.beta2)),
            root_scale: Float(1 / varianceCorrection.squareRoot()),
            epsilon: step.epsilon,
            rate: Float(Double(step.rate) / meanCorrection),
            decay: Float(1 - Double(step.rate) * Double(step.weightDecay))
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

    package func squaredNorm(_ x: Tensor) -> Double {
        unsafe weft_squares(pool, version, pointer(x), Int64(x.count))
    }
}
