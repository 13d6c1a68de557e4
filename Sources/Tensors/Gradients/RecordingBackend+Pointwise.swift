// Norms and pointwise operations.
extension RecordingBackend {
    package func groupNorm(
        _ x: Tensor,
        _ parameters: NormParameters,
        groups: Int,
        activation: Activation
    ) -> Tensor {
        let norm = NormOperands(self, x, parameters)
        let input = norm.input.tensor
        let result = base.groupNorm(
            input,
            norm.parameters,
            groups: groups,
            activation: activation
        )
        return record(result, if: norm.isFollowed) { [base] gradient in
            norm.add(
                base.groupNormGradient(
                    input,
                    norm.parameters,
                    groups: groups,
                    activation: activation,
                    gradient: gradient.tensor
                )
            )
        }
    }

    package func layerNorm(_ x: Tensor, _ parameters: NormParameters) -> Tensor {
        let norm = NormOperands(self, x, parameters)
        let input = norm.input.tensor
        let result = base.layerNorm(input, norm.parameters)
        return record(result, if: norm.isFollowed) { [base] gradient in
            norm.add(
                base.layerNormGradient(input, norm.parameters, gradient: gradient.tensor)
            )
        }
    }

    package func activate(_ x: Tensor, _ activation: Activation) -> Tensor {
        let input = operand(x)
        let result = base.activate(input.tensor, activation)
        return record(result, if: input.target != nil) { [base] gradient in
            let passed = base.activationGradient(
                input.tensor,
                activation,
                gradient: gradient.tensor
            )
            input.target?.add(PassedGradient(new: passed))
        }
    }

    package func combine(_ terms: [(coefficient: Float, tensor: Tensor)]) -> Tensor {
        let operands = terms.map { operand($0.tensor) }
        let coefficients = terms.map(\.coefficient)
        let result = base.combine(
            zip(coefficients, operands).map { ($0, $1.tensor) }
        )
        let targets = operands.map(\.target)
        let followed = targets.indices.filter { targets[$0] != nil }
        return record(result, if: !followed.isEmpty) { [base] gradient in
            for index in followed {
                let coefficient = coefficients[index]
                let passed =
                    coefficient != 1
                    ? PassedGradient(new: base.combine([(coefficient, gradient.tensor)]))
                    : followed.count == 1 ? gradient : gradient.shared
                targets[index]?.add(passed)
            }
        }
    }

    package func addRows(_ x: Tensor, _ table: Tensor, repeats: Int) -> Tensor {
        let input = operand(x)
        let rows = operand(table)
        let result = base.addRows(input.tensor, rows.tensor, repeats: repeats)
        let (inputTarget, rowsTarget) = (input.target, rows.target)
        let isFollowed = inputTarget != nil || rowsTarget != nil
        return record(result, if: isFollowed) { [base] gradient in
            if let target = rowsTarget {
                base.accumulateRowSums(
                    gradient.tensor,
                    column: 0,
                    repeats: repeats,
                    into: target.writable()
                )
            }
            inputTarget?.add(gradient)
        }
    }
}

/// The operands of a normalisation.
private struct NormOperands {
    let input: RecordingBackend.Operand
    /// On the wrapped backend.
    let parameters: NormParameters
    private let scale: GradientTarget?
    private let shift: GradientTarget?

    init(_ backend: RecordingBackend, _ x: Tensor, _ parameters: NormParameters) {
        input = backend.operand(x)
        let scale = backend.operand(parameters.scale)
        let shift = backend.operand(parameters.shift)
        self.parameters = NormParameters(
            scale: scale.tensor,
            shift: shift.tensor,
            epsilon: parameters.epsilon
        )
        self.scale = scale.target
        self.shift = shift.target
    }

    var isFollowed: Bool { input.target != nil || scale != nil || shift != nil }

    func add(_ gradients: NormGradients) {
        input.target?.add(PassedGradient(new: gradients.input))
        scale?.add(PassedGradient(new: gradients.scale))
        shift?.add(PassedGradient(new: gradients.shift))
    }
}
