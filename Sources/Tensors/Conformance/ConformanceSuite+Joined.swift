// Operations that read tensors side by side, against the reference on the joined one.
extension ConformanceSuite {
    /// Widths of the parts, with and without a group that lies in two of them.
    private static let widths: [[Int]] = [[64, 32], [33, 63], [5, 91], [96], [32, 40, 24]]

    static let joined: [ConformanceCase] = widths.flatMap { widths -> [ConformanceCase] in
        [linear(widths), groupNorm(widths, .identity), groupNorm(widths, .silu)]
    }

    private static func linear(_ widths: [Int]) -> ConformanceCase {
        ConformanceCase("linear", "joining \(widths) of 131 rows") { backend in
            var draw = CaseInputs(seed: 41)
            let parts = widths.map { draw.tensor([131, $0]) }
            let weight = draw.tensor([67, 96], scale: 0.1)
            let bias = draw.tensor([67])
            let parameters = backend.prepareLinear(
                [(weight.stored("weight"), bias.stored("bias"))],
                gated: false
            )
            let found = backend.linear(joining: parts.map { backend.upload($0) }, parameters)
            let expected = Reference(HostTensor(joining: parts))
                .linear(Reference(weight), Reference(bias))
            return (try found.download(), expected)
        }
    }

    private static func groupNorm(
        _ widths: [Int],
        _ activation: Activation
    ) -> ConformanceCase {
        let detail = "joining \(widths) in 8 \(activation)"
        return ConformanceCase("groupNorm", detail, bound: 1e-11) { backend in
            var draw = CaseInputs(seed: 42)
            let parts = widths.enumerated().map { index, width in
                draw.tensor([2, 9, 11, width], scale: 2, mean: Float(3 * index))
            }
            let scale = draw.tensor([96])
            let shift = draw.tensor([96])
            let parameters = NormParameters(
                scale: backend.upload(scale),
                shift: backend.upload(shift),
                epsilon: 1e-5
            )
            let found = backend.groupNorm(
                joining: parts.map { backend.upload($0) },
                parameters,
                groups: 8,
                activation: activation
            )
            let expected = Reference(HostTensor(joining: parts)).groupNormalised(
                groups: 8,
                epsilon: Double(Float(1e-5)),
                Reference(scale),
                Reference(shift)
            ).activated(activation)
            return (try found.download(), expected)
        }
    }
}

extension HostTensor {
    /// Parts of equal outer shape, side by side along channels.
    fileprivate init(joining parts: [HostTensor]) {
        let rows = parts[0].shape.count / parts[0].shape[-1]
        let values = (0..<rows).flatMap { row in
            parts.flatMap { part in
                part.values[row * part.shape[-1]..<(row + 1) * part.shape[-1]]
            }
        }
        let channels = parts.reduce(0) { $0 + $1.shape[-1] }
        self.init(values, Shape(parts[0].shape.dimensions.dropLast() + [channels]))
    }
}
