/// The derivative of every operation of `Backend` by each of its operands, over ragged shapes: what
/// a device has to pass before anything is trained on it.
package enum GradientSuite {
    package static let cases: [GradientCase] =
        linears + gates + convolutions + temporal + attentions + overFrames + norms + pointwise
        + movement

    static func draw(_ seed: UInt64, _ shapes: [Shape], scale: [Float] = []) -> [HostTensor] {
        var inputs = CaseInputs(seed: seed)
        return shapes.enumerated().map { index, shape in
            inputs.tensor(shape, scale: index < scale.count ? scale[index] : 1)
        }
    }

    // MARK: Linear layers

    private static let linears: [GradientCase] =
        [(1, 5, 3), (7, 33, 17), (29, 65, 130), (389, 40, 30), (3, 353, 15)]
        .flatMap { rows, inputs, outputs in
            [
                linear(rows, inputs, outputs, .identity, hasResidual: true),
                linear(rows, inputs, outputs, .gelu, hasResidual: false),
            ]
        } + Activation.allCases.map { linear(5, 9, 20, $0, hasResidual: true) } + [stacked]

    private static func linear(
        _ rows: Int,
        _ inputs: Int,
        _ outputs: Int,
        _ activation: Activation,
        hasResidual: Bool
    ) -> GradientCase {
        var shapes: [Shape] = [[rows, inputs], [outputs, inputs], [outputs]]
        if hasResidual { shapes.append([rows, outputs]) }
        var detail = "\(rows)x\(inputs)->\(outputs) \(activation)"
        if hasResidual { detail += " plus residual" }
        return GradientCase("linear", detail, draw(31, shapes, scale: [1, 0.2])) { probe in
            let parameters = probe.recording.prepareLinear(
                [(probe.stored(1), probe.stored(2))],
                gated: false
            )
            let residual = hasResidual ? probe.tensor(3) : nil
            return probe.tensor(0)
                .linear(parameters, activation: activation, residual: residual)
        } reference: { operands in
            operands[0].linear(operands[1], operands[2]).activated(activation)
                .plus(hasResidual ? operands[3] : nil)
        }
    }

    /// Parts side by side, as attention's projections are, one of them without a bias.
    private static let stacked = GradientCase(
        "linear",
        "11x20->7+9 stacked",
        draw(32, [[11, 20], [7, 20], [9, 20], [9]])
    ) { probe in
        let parameters = probe.recording.prepareLinear(
            [(probe.stored(1), nil), (probe.stored(2), probe.stored(3))],
            gated: false
        )
        return probe.tensor(0).linear(parameters)
    } reference: { operands in
        let weight = Reference(operands[1].values + operands[2].values, [16, 20])
        let bias = Reference([Double](repeating: 0, count: 7) + operands[3].values, [16])
        return operands[0].linear(weight, bias)
    }

    private static let gates: [GradientCase] = [(1, 5, 3), (7, 33, 17), (203, 16, 40)].map {
        rows,
        inputs,
        outputs in
        GradientCase(
            "gatedLinear",
            "\(rows)x\(inputs)->\(outputs)",
            draw(33, [[rows, inputs], [2 * outputs, inputs], [2 * outputs]], scale: [1, 0.3])
        ) { probe in
            let parameters = probe.recording.prepareLinear(
                [(probe.stored(1), probe.stored(2))],
                gated: true
            )
            return probe.tensor(0).gatedLinear(parameters)
        } reference: { operands in
            operands[0].linear(operands[1], operands[2]).gated()
        }
    }

    // MARK: Norms

    private static let norms: [GradientCase] =
        [(1, 1, 32, 8), (2, 35, 12, 4), (3, 5, 33, 3), (1, 65, 8, 1), (2, 9, 64, 32)]
        .flatMap { images, rows, channels, groups in
            [Activation.identity, .silu].map { activation in
                norm("groupNorm", [images, rows, channels], activation, groups) {
                    $0.groupNorm($1, groups: groups, activation: activation)
                } reference: {
                    $0.groupNormalised(groups: groups, epsilon: Double(Float(1e-5)), $1, $2)
                }
            } + [
                norm("layerNorm", [images, rows, channels], .identity, nil) {
                    $0.layerNorm($1)
                } reference: {
                    $0.layerNormalised(epsilon: Double(Float(1e-5)), $1, $2)
                }
            ]
        }

    private static func norm(
        _ operation: String,
        _ shape: Shape,
        _ activation: Activation,
        _ groups: Int?,
        _ run: @escaping @Sendable (Tensor, NormParameters) -> Tensor,
        reference: @escaping @Sendable (Reference, Reference, Reference) -> Reference
    ) -> GradientCase {
        var inputs = CaseInputs(seed: 34)
        let operands = [
            inputs.tensor(shape, scale: 2, mean: 3), inputs.tensor([shape[-1]]),
            inputs.tensor([shape[-1]]),
        ]
        let detail = "\(shape)\(groups.map { " in \($0)" } ?? "") \(activation)"
        return GradientCase(operation, detail, operands) { probe in
            let scale = probe.recording.prepareTensor(probe.stored(1), as: [shape[-1]])
            let shift = probe.recording.prepareTensor(probe.stored(2), as: [shape[-1]])
            let parameters = NormParameters(scale: scale, shift: shift, epsilon: 1e-5)
            return run(probe.tensor(0), parameters)
        } reference: {
            reference($0[0], $0[1], $0[2]).activated(activation)
        }
    }
}
