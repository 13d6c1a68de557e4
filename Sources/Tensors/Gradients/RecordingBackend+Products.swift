extension RecordingBackend {
    package func linear(
        _ x: Tensor,
        _ parameters: LinearParameters,
        activation: Activation,
        residual: Tensor?
    ) -> Tensor {
        let weights = recorded(parameters.prepared)
        let packed = LinearParameters(
            inputs: parameters.inputs,
            outputs: parameters.outputs,
            prepared: weights.prepared()
        )
        let input = operand(x)
        let product = RecordedProduct(
            weights: weights,
            input: input.target,
            forward: { [base] in
                base.linear(input.tensor, packed, activation: $0, residual: $1)
            },
            weightGradient: { [base] gradient in
                weights.accumulateWeightGradients {
                    base.accumulateLinearGradient(input: input.tensor, gradient: gradient, into: $0)
                }
            },
            inputGradient: { [base] gradient in
                let transposed = base.prepareLinear([(weights.transposed(), nil)], gated: false)
                return base.linear(gradient, transposed, activation: .identity, residual: nil)
            }
        )
        return run(product, activation, residual)
    }

    package func gatedLinear(_ x: Tensor, _ parameters: LinearParameters) -> Tensor {
        precondition(parameters.outputs % 2 == 0, "\(parameters.outputs) is not [value | gate]")
        let both = linear(x, parameters, activation: .identity, residual: nil)
        let input = operand(both)
        let result = base.gate(input.tensor)
        return record(result, if: input.target != nil) { [base] gradient in
            let passed = base.gateGradient(input.tensor, gradient: gradient.tensor)
            input.target?.add(PassedGradient(new: passed))
        }
    }

    package func convolve(
        _ x: Tensor,
        _ parameters: ConvolutionParameters,
        _ options: ConvolutionOptions
    ) -> Tensor {
        let weights = recorded(parameters.prepared)
        let geometry = parameters.geometry
        let packed = ConvolutionParameters(
            inputs: parameters.inputs,
            outputs: parameters.outputs,
            geometry: geometry,
            prepared: weights.prepared()
        )
        let input = operand(x)
        let imageBias = options.imageBias.map { operand($0) }
        let enlarged = options.enlargedTo
        let (height, width) = (x.shape[1], x.shape[2])
        let product = RecordedProduct(
            weights: weights,
            input: input.target,
            imageBias: imageBias?.target,
            forward: { [base] in
                let options = ConvolutionOptions(
                    enlargedTo: enlarged,
                    imageBias: imageBias?.tensor,
                    activation: $0,
                    residual: $1
                )
                return base.convolve(input.tensor, packed, options)
            },
            weightGradient: { [base] gradient in
                weights.accumulateWeightGradients {
                    guard let kernels = $0[0].tensor else { return }
                    base.accumulateConvolutionGradient(
                        input: input.tensor,
                        gradient: gradient,
                        geometry: geometry,
                        enlargedTo: enlarged,
                        into: kernels
                    )
                }
            },
            inputGradient: { [base] gradient in
                let passed = base.convolveInputGradient(
                    gradient,
                    base.prepareConvolution(
                        weight: weights.transposed(),
                        bias: nil,
                        stride: 1,
                        padding: geometry.transposedPadding
                    ),
                    of: geometry,
                    height: enlarged?.height ?? height,
                    width: enlarged?.width ?? width
                )
                guard enlarged != nil else { return passed }
                return base.resizeGradient(passed, height: height, width: width, .nearest)
            }
        )
        return run(product, options.activation, options.residual)
    }

    package func convolveTemporal(
        _ x: Tensor,
        _ parameters: TemporalConvolutionParameters,
        residual: Tensor?
    ) -> Tensor {
        let weights = recorded(parameters.prepared)
        let packed = TemporalConvolutionParameters(
            inputs: parameters.inputs,
            outputs: parameters.outputs,
            taps: parameters.taps,
            prepared: weights.prepared()
        )
        let input = operand(x)
        let product = RecordedProduct(
            weights: weights,
            input: input.target,
            forward: { [base] in base.convolveTemporal(input.tensor, packed, residual: $1) },
            weightGradient: { [base] gradient in
                weights.accumulateWeightGradients {
                    guard let kernels = $0[0].tensor else { return }
                    base.accumulateTemporalConvolutionGradient(
                        input: input.tensor,
                        gradient: gradient,
                        into: kernels
                    )
                }
            },
            inputGradient: { [base] gradient in
                let kernels = weights.transposed()
                let transposed = base.prepareTemporalConvolution(weight: kernels, bias: nil)
                return base.convolveTemporal(gradient, transposed, residual: nil)
            }
        )
        return run(product, .identity, residual)
    }
}

/// What tells one product from another.
private struct RecordedProduct {
    let weights: RecordedWeights
    let input: GradientTarget?
    var imageBias: GradientTarget?
    /// The product with an activation and a residual.
    let forward: (Activation, Tensor?) -> Tensor
    /// Adds to the gradient of the weights; keeps the input alive.
    let weightGradient: (Tensor) -> Void
    /// Makes the gradient of the input.
    let inputGradient: (Tensor) -> Tensor
}

extension RecordingBackend {
    /// activation(product + biases) + residual, and the way back.
    private func run(
        _ product: RecordedProduct,
        _ activation: Activation,
        _ residual: Tensor?
    ) -> Tensor {
        let (weights, input, imageBias) = (product.weights, product.input, product.imageBias)
        let residual = residual.map { operand($0) }
        let trains = follows(weights)
        let isInner = trains || input != nil || imageBias != nil
        let isFollowed = isInner || residual?.target != nil
        // What went into an activation has to be kept, so it is an operation of its own.
        let isSplit = isInner && activation != .identity
        var result = product.forward(
            isSplit ? .identity : activation,
            isSplit ? nil : residual?.tensor
        )
        let before = isSplit ? result : nil
        if isSplit {
            result = base.activate(result, activation)
            if let residual { result = base.combine([(1, result), (1, residual.tensor)]) }
        }
        let weightGradient = trains ? product.weightGradient : nil
        let inputGradient = product.inputGradient
        let residualTarget = residual?.target
        return record(result, if: isFollowed) { [base] gradient in
            defer {
                // Last, for who gets it may write into it.
                residualTarget?.add(gradient)
            }
            guard isInner else { return }
            var inner = gradient.tensor
            if let before {
                inner = base.activationGradient(before, activation, gradient: inner)
            }
            if let weightGradient {
                weights.accumulateBiasGradient(inner)
                weightGradient(inner)
            }
            if let imageBias {
                base.accumulateRowSums(
                    inner,
                    column: 0,
                    repeats: inner.shape[1] * inner.shape[2],
                    into: imageBias.writable()
                )
            }
            if let input { input.add(PassedGradient(new: inputGradient(inner))) }
        }
    }
}

extension ConvolutionGeometry {
    /// Zeros around the gradient of a result for the convolution that takes it to the input.
    var transposedPadding: Padding {
        Padding(
            top: kernelHeight - 1 - padding.top,
            left: kernelWidth - 1 - padding.left,
            bottom: kernelHeight - 1 - padding.bottom,
            right: kernelWidth - 1 - padding.right
        )
    }
}
