// Weights that a checkpoint holds as halves: a backend may keep them so, but computes with exactly
// the values they stand for.
extension ConformanceSuite {
    static let halves: [ConformanceCase] = [ScalarType.float16, .bfloat16].flatMap { type in
        [linear(type, rows: 3, scale: 0.1), linear(type, rows: 131, scale: 0.1)]
            // Subnormal halves.
            + [linear(type, rows: 2, scale: 1e-7), gated(type), convolution(type)]
    }

    private static func linear(_ type: ScalarType, rows: Int, scale: Float) -> ConformanceCase {
        let detail = "\(rows)x700->65 weights \(type.rawValue) of \(scale)"
        // Below 2⁻¹⁴.
        return ConformanceCase("linear", detail, hasTinyValues: scale < 6e-5) { backend in
            var draw = CaseInputs(seed: 20)
            let x = draw.tensor([rows, 700])
            let weight = draw.tensor([65, 700], scale: scale).halved("weight", type)
            let parameters = backend.prepareLinear([(weight.stored, nil)], gated: false)
            let found = backend.upload(x).linear(parameters)
            return (try found.download(), Reference(x).linear(Reference(weight.rounded), nil))
        }
    }

    private static func gated(_ type: ScalarType) -> ConformanceCase {
        let detail = "5x33->21 weights \(type.rawValue)"
        return ConformanceCase("gatedLinear", detail, bound: 1e-11) { backend in
            var draw = CaseInputs(seed: 21)
            let x = draw.tensor([5, 33])
            let weight = draw.tensor([42, 33], scale: 0.3).halved("weight", type)
            let bias = draw.tensor([42]).halved("bias", type)
            let parameters = backend.prepareLinear([(weight.stored, bias.stored)], gated: true)
            let expected = Reference(x).linear(Reference(weight.rounded), Reference(bias.rounded))
            return (try backend.upload(x).gatedLinear(parameters).download(), expected.gated())
        }
    }

    private static func convolution(_ type: ScalarType) -> ConformanceCase {
        ConformanceCase("convolve", "1x6x5x40->33 weights \(type.rawValue)") { backend in
            var draw = CaseInputs(seed: 22)
            let x = draw.tensor([1, 6, 5, 40])
            let weight = draw.tensor([33, 40, 3, 3], scale: 0.1).halved("weight", type)
            let parameters = backend.prepareConvolution(
                weight: weight.stored,
                bias: nil,
                stride: 1,
                padding: Padding(1)
            )
            let expected = Reference(x).convolved(
                Reference(weight.rounded),
                nil,
                parameters.geometry
            )
            return (try backend.upload(x).convolve(parameters).download(), expected)
        }
    }
}
