// Convolutions and attention of the suite.
extension ConformanceSuite {
    static let convolutions: [ConformanceCase] =
        [
            ConvolutionCase(height: 5, width: 7, inputs: 3, outputs: 9),
            ConvolutionCase(images: 2, height: 9, width: 6, inputs: 33, outputs: 40, biases: 2),
            ConvolutionCase(height: 1, width: 1, inputs: 64, outputs: 32, biases: 1),
            ConvolutionCase(height: 13, width: 11, inputs: 130, outputs: 17, biases: 1),
            ConvolutionCase(height: 9, width: 8, inputs: 20, outputs: 34, stride: 2),
            ConvolutionCase(
                height: 8,
                width: 6,
                inputs: 16,
                outputs: 8,
                stride: 2,
                padding: Padding(top: 0, left: 0, bottom: 1, right: 1)
            ),
            ConvolutionCase(height: 4, width: 5, inputs: 12, outputs: 20, enlarged: (8, 10)),
            ConvolutionCase(
                images: 2,
                height: 3,
                width: 4,
                inputs: 8,
                outputs: 5,
                enlarged: (5, 7)
            ),
            ConvolutionCase(images: 3, height: 2, width: 3, inputs: 24, outputs: 33, biases: 3),
            ConvolutionCase(height: 10, width: 1, inputs: 17, outputs: 31),
            ConvolutionCase(height: 17, width: 18, inputs: 330, outputs: 48, biases: 1),
            ConvolutionCase(images: 2, height: 7, width: 9, inputs: 641, outputs: 7),
            ConvolutionCase(
                images: 2,
                height: 5,
                width: 6,
                inputs: 19,
                outputs: 34,
                padding: Padding(0)
            ),
            ConvolutionCase(height: 4, width: 6, inputs: 9, outputs: 16, padding: Padding(2)),
            ConvolutionCase(
                height: 7,
                width: 6,
                inputs: 18,
                outputs: 8,
                padding: Padding(top: 0, left: 1, bottom: 1, right: 2)
            ),
            ConvolutionCase(
                images: 2,
                height: 3,
                width: 5,
                inputs: 35,
                outputs: 33,
                enlarged: (6, 10),
                biases: 2
            ),
            ConvolutionCase(
                height: 6,
                width: 3,
                inputs: 70,
                outputs: 66,
                kernel: 1,
                padding: Padding(0)
            ),
            ConvolutionCase(
                images: 2,
                height: 28,
                width: 14,
                inputs: 3,
                outputs: 10,
                kernel: 14,
                stride: 14,
                padding: Padding(0)
            ),
        ].map { convolution($0) } + temporal

    private static func convolution(_ c: ConvolutionCase) -> ConformanceCase {
        // Winograd's transforms of many channels have errors of 1e-12.
        ConformanceCase("convolve", c.detail, bound: 2e-12) { backend in
            var draw = CaseInputs(seed: 6)
            let operands = c.shapes.enumerated().map { index, shape in
                draw.tensor(shape, scale: index == 1 ? 0.1 : 1)
            }
            let result = c.result(
                on: backend,
                weight: operands[1].stored("weight"),
                bias: operands[2].stored("bias")
            ) { backend.upload(operands[$0]) }
            return (try result.download(), c.reference(operands.map { Reference($0) }))
        }
    }

    private static let temporal: [ConformanceCase] =
        [(1, 1, 3, 2, 5, 7, 3), (2, 5, 2, 3, 33, 34, 3), (1, 9, 1, 4, 130, 16, 5)]
        .map { b, f, h, w, inputs, outputs, taps in
            let detail = "\(b)x\(f)x\(h)x\(w)x\(inputs)->\(outputs) taps \(taps)"
            return ConformanceCase("convolveTemporal", detail) { backend in
                var draw = CaseInputs(seed: 7)
                let x = draw.tensor([b, f, h, w, inputs])
                let weight = draw.tensor([outputs, inputs, taps], scale: 0.1)
                let bias = draw.tensor([outputs])
                let residual = draw.tensor([b, f, h, w, outputs])
                let parameters = backend.prepareTemporalConvolution(
                    weight: weight.stored("weight"),
                    bias: bias.stored("bias")
                )
                let found = backend.upload(x).convolveTemporal(
                    parameters,
                    residual: backend.upload(residual)
                )
                let expected = Reference(x)
                    .convolvedTemporally(Reference(weight), Reference(bias))
                    .plus(Reference(residual))
                return (try found.download(), expected)
            }
        }

    static let attentions: [ConformanceCase] =
        [
            AttentionCase(queries: 1, keys: 1, heads: 1, width: 3),
            AttentionCase(batch: 2, queries: 35, keys: 35, heads: 3, width: 40),
            AttentionCase(batch: 2, queries: 300, keys: 300, heads: 2, width: 20),
            AttentionCase(batch: 3, queries: 19, keys: 77, heads: 2, width: 33, keyBatch: 1),
            AttentionCase(queries: 17, keys: 513, heads: 1, width: 80),
            AttentionCase(queries: 6, keys: 9, heads: 1, width: 512),
            AttentionCase(batch: 2, queries: 77, keys: 77, heads: 2, width: 16, isCausal: true),
            AttentionCase(queries: 290, keys: 290, heads: 1, width: 8, isCausal: true),
            AttentionCase(batch: 2, queries: 11, keys: 21, heads: 2, width: 64, isMasked: true),
            AttentionCase(queries: 33, keys: 127, heads: 2, width: 17, isMasked: true),
            AttentionCase(queries: 3, keys: 252, heads: 1, width: 330),
        ].map { attention($0) } + overFrames

    private static func attention(_ a: AttentionCase) -> ConformanceCase {
        ConformanceCase("attention", a.detail, bound: 1e-11) { backend in
            var draw = CaseInputs(seed: 8)
            let operands = a.shapes.enumerated().map { index, shape in
                draw.tensor(shape, scale: index == 0 ? 2 : 1)
            }
            let mask = draw.tensor(a.maskShape, scale: 3)
            // Keys and values side by side, as a fused projection leaves them.
            let memory = backend.concatenateChannels([
                backend.upload(operands[1]), backend.upload(operands[2]),
            ])
            let found = backend.attention(
                query: AttentionOperand(backend.upload(operands[0])),
                key: AttentionOperand(memory, column: 0, width: a.channels),
                value: AttentionOperand(memory, column: a.channels, width: a.channels),
                heads: a.heads,
                scale: a.scale,
                mask: a.mask(mask, on: backend)
            )
            return (
                try found.download(), a.reference(operands.map { Reference($0) }, mask: mask)
            )
        }
    }

    private static let overFrames: [ConformanceCase] =
        [
            (1, 1, 5, 1, 8), (2, 8, 6, 2, 40), (1, 17, 3, 1, 33), (1, 32, 2, 2, 16),
            (2, 1, 19, 3, 33), (1, 2, 35, 2, 20), (2, 7, 17, 1, 21), (1, 8, 33, 3, 7),
            (1, 16, 16, 2, 80), (2, 17, 18, 5, 13), (1, 33, 37, 2, 5), (1, 64, 3, 1, 18),
            (1, 65, 4, 1, 24), (1, 5, 1, 2, 12), (1, 40, 17, 3, 100),
        ]
        .map { b, f, p, heads, width in
            let detail = "\(b)x\(f)x\(p) heads \(heads) width \(width)"
            return ConformanceCase("temporalAttention", detail, bound: 1e-11) { backend in
                var draw = CaseInputs(seed: 9)
                let channels = heads * width
                let parts = (0..<3).map { _ in draw.tensor([b, f, p, channels]) }
                let fused = backend.concatenateChannels(parts.map { backend.upload($0) })
                let found = backend.temporalAttention(
                    query: AttentionOperand(fused, column: 0, width: channels),
                    key: AttentionOperand(fused, column: channels, width: channels),
                    value: AttentionOperand(fused, column: 2 * channels, width: channels),
                    heads: heads,
                    scale: 0.25
                )
                let flat = parts.map { part in
                    let moved = Reference(part).permuted([0, 2, 1, 3])
                    return Reference(moved.values, [b * p, f, channels])
                }
                let attended = Reference.attention(
                    flat[0],
                    flat[1],
                    flat[2],
                    heads: heads,
                    scale: 0.25
                )
                let expected = Reference(attended.values, [b, p, f, channels])
                    .permuted([0, 2, 1, 3])
                return (try found.download(), expected)
            }
        }
}
