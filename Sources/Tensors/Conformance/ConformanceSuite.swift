/// Every operation of `Backend` over ragged shapes: odd sizes, one frame, one row, channel counts
/// that are no multiple of a vector, sums longer than a slice of a kernel.
package enum ConformanceSuite {
    package static let cases: [ConformanceCase] =
        products + joined + convolutions + attentions + norms + pointwise + movement + halves

    private static let products: [ConformanceCase] =
        [(1, 5, 3), (7, 33, 17), (29, 320, 96), (130, 700, 65), (3, 1281, 40), (260, 64, 330)]
        .flatMap { rows, inputs, outputs -> [ConformanceCase] in
            Activation.allCases.map { activation in
                linear(rows, inputs, outputs, activation, hasResidual: activation != .identity)
            } + [gated(rows, inputs, outputs), stacked(rows, inputs, outputs)]
        }

    private static func linear(
        _ rows: Int,
        _ inputs: Int,
        _ outputs: Int,
        _ activation: Activation,
        hasResidual: Bool
    ) -> ConformanceCase {
        ConformanceCase("linear", "\(rows)x\(inputs)->\(outputs) \(activation)") { backend in
            var draw = CaseInputs(seed: 1)
            let x = draw.tensor([1, rows, inputs])
            let weight = draw.tensor([outputs, inputs], scale: 0.1)
            let bias = draw.tensor([outputs])
            let residual = hasResidual ? draw.tensor([1, rows, outputs]) : nil
            let parameters = backend.prepareLinear(
                [(weight.stored("weight"), bias.stored("bias"))],
                gated: false
            )
            let found = backend.upload(x).linear(
                parameters,
                activation: activation,
                residual: residual.map { backend.upload($0) }
            )
            let expected = Reference(x).linear(Reference(weight), Reference(bias))
                .activated(activation).plus(residual.map { Reference($0) })
            return (try found.download(), expected)
        }
    }

    private static func gated(_ rows: Int, _ inputs: Int, _ outputs: Int) -> ConformanceCase {
        // Kernels may take the error function to 1.5e-7, which shows where a gate is far below
        // zero.
        ConformanceCase("gatedLinear", "\(rows)x\(inputs)->\(outputs)", bound: 1e-11) { backend in
            var draw = CaseInputs(seed: 2)
            let x = draw.tensor([rows, inputs])
            let weight = draw.tensor([2 * outputs, inputs], scale: 0.1)
            let bias = draw.tensor([2 * outputs])
            let parameters = backend.prepareLinear(
                [(weight.stored("weight"), bias.stored("bias"))],
                gated: true
            )
            let found = backend.upload(x).gatedLinear(parameters)
            let expected = Reference(x).linear(Reference(weight), Reference(bias)).gated()
            return (try found.download(), expected)
        }
    }

    private static func stacked(_ rows: Int, _ inputs: Int, _ outputs: Int) -> ConformanceCase {
        ConformanceCase("linear", "\(rows)x\(inputs)->\(outputs)+\(outputs + 3) stacked") {
            backend in
            var draw = CaseInputs(seed: 3)
            let x = draw.tensor([rows, inputs])
            let first = draw.tensor([outputs, inputs], scale: 0.1)
            let second = draw.tensor([outputs + 3, inputs], scale: 0.1)
            let bias = draw.tensor([outputs + 3])
            let parameters = backend.prepareLinear(
                [(first.stored("first"), nil), (second.stored("second"), bias.stored("bias"))],
                gated: false
            )
            let weight = HostTensor(first.values + second.values, [2 * outputs + 3, inputs])
            let shift = HostTensor(
                [Float](repeating: 0, count: outputs) + bias.values,
                [2 * outputs + 3]
            )
            let found = backend.upload(x).linear(parameters)
            let expected = Reference(x).linear(Reference(weight), Reference(shift))
            return (try found.download(), expected)
        }
    }

    static let norms: [ConformanceCase] =
        [
            (1, 1, 32, 32), (2, 35, 96, 32), (3, 130, 33, 3), (1, 65, 8, 1), (2, 9, 320, 32),
            (2, 610, 480, 32),
        ]
        .flatMap { images, rows, channels, groups -> [ConformanceCase] in
            [Activation.identity, .silu].map { activation in
                let detail = "\(images)x\(rows)x\(channels) in \(groups) \(activation)"
                return ConformanceCase("groupNorm", detail, bound: 1e-11) { backend in
                    var draw = CaseInputs(seed: 4)
                    let x = draw.tensor([images, rows, channels], scale: 2, mean: 3)
                    let scale = draw.tensor([channels])
                    let shift = draw.tensor([channels])
                    let parameters = NormParameters(
                        scale: backend.upload(scale),
                        shift: backend.upload(shift),
                        epsilon: 1e-5
                    )
                    let found = backend.upload(x).groupNorm(
                        parameters,
                        groups: groups,
                        activation: activation
                    )
                    let expected = Reference(x).groupNormalised(
                        groups: groups,
                        epsilon: Double(Float(1e-5)),
                        Reference(scale),
                        Reference(shift)
                    ).activated(activation)
                    return (try found.download(), expected)
                }
            } + [layerNorm(rows, channels)]
        }

    private static func layerNorm(_ rows: Int, _ channels: Int) -> ConformanceCase {
        ConformanceCase("layerNorm", "\(rows)x\(channels)", bound: 1e-11) { backend in
            var draw = CaseInputs(seed: 5)
            let x = draw.tensor([rows, channels], scale: 2, mean: -1)
            let scale = draw.tensor([channels])
            let shift = draw.tensor([channels])
            let parameters = NormParameters(
                scale: backend.upload(scale),
                shift: backend.upload(shift),
                epsilon: 1e-5
            )
            let expected = Reference(x).layerNormalised(
                epsilon: Double(Float(1e-5)),
                Reference(scale),
                Reference(shift)
            )
            return (try backend.upload(x).layerNorm(parameters).download(), expected)
        }
    }
}
