// Convolutions and attention of the suite.
extension ConformanceSuite {
    private struct Convolution: Sendable {
        var images = 1
        var height: Int
        var width: Int
        var inputs: Int
        var outputs: Int
        var kernel = 3
        var stride = 1
        var padding = Padding(1)
        var enlarged: (Int, Int)?
        var isFused = false
    }

    static let convolutions: [ConformanceCase] =
        [
            Convolution(height: 5, width: 7, inputs: 3, outputs: 9),
            Convolution(images: 2, height: 9, width: 6, inputs: 33, outputs: 40, isFused: true),
            Convolution(height: 1, width: 1, inputs: 64, outputs: 32, isFused: true),
            Convolution(height: 13, width: 11, inputs: 130, outputs: 17, isFused: true),
            Convolution(height: 9, width: 8, inputs: 20, outputs: 34, stride: 2),
            Convolution(
                height: 8,
                width: 6,
                inputs: 16,
                outputs: 8,
                stride: 2,
                padding: Padding(top: 0, left: 0, bottom: 1, right: 1)
            ),
            Convolution(height: 4, width: 5, inputs: 12, outputs: 20, enlarged: (8, 10)),
            Convolution(images: 2, height: 3, width: 4, inputs: 8, outputs: 5, enlarged: (5, 7)),
            Convolution(images: 3, height: 2, width: 3, inputs: 24, outputs: 33, isFused: true),
            Convolution(height: 10, width: 1, inputs: 17, outputs: 31),
            Convolution(height: 17, width: 18, inputs: 330, outputs: 48, isFused: true),
            Convolution(images: 2, height: 7, width: 9, inputs: 641, outputs: 7),
            Convolution(
                images: 2,
                height: 5,
                width: 6,
                inputs: 19,
                outputs: 34,
                padding: Padding(0)
            ),
            Convolution(height: 4, width: 6, inputs: 9, outputs: 16, padding: Padding(2)),
            Convolution(
                height: 7,
                width: 6,
                inputs: 18,
                outputs: 8,
                padding: Padding(top: 0, left: 1, bottom: 1, right: 2)
            ),
            Convolution(
                images: 2,
                height: 3,
                width: 5,
                inputs: 35,
                outputs: 33,
                enlarged: (6, 10),
                isFused: true
            ),
            Convolution(
                height: 6,
                width: 3,
                inputs: 70,
                outputs: 66,
                kernel: 1,
                padding: Padding(0)
            ),
            Convolution(
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

    private static func convolution(_ c: Convolution) -> ConformanceCase {
        var detail = "\(c.images)x\(c.height)x\(c.width)x\(c.inputs)->\(c.outputs)"
        detail += " kernel \(c.kernel) stride \(c.stride)"
        if let enlarged = c.enlarged { detail += " enlarged to \(enlarged.0)x\(enlarged.1)" }
        if c.isFused { detail += " fused" }
        // Winograd's transforms of many channels have errors of 1e-12.
        return ConformanceCase("convolve", detail, bound: 2e-12) { backend in
            var draw = CaseInputs(seed: 6)
            let x = draw.tensor([c.images, c.height, c.width, c.inputs])
            let weight = draw.tensor([c.outputs, c.inputs, c.kernel, c.kernel], scale: 0.1)
            let bias = draw.tensor([c.outputs])
            let parameters = backend.prepareConvolution(
                weight: weight.stored("weight"),
                bias: bias.stored("bias"),
                stride: c.stride,
                padding: c.padding
            )
            var input = Reference(x)
            if let (height, width) = c.enlarged {
                input = input.resized(height: height, width: width, .nearest)
            }
            var expected = input.convolved(Reference(weight), Reference(bias), parameters.geometry)
            var options = ConvolutionOptions(enlargedTo: c.enlarged)
            if c.isFused {
                let imageBias = draw.tensor([c.images, c.outputs])
                let residual = draw.tensor(expected.shape)
                options.imageBias = backend.upload(imageBias)
                options.residual = backend.upload(residual)
                options.activation = .silu
                let perImage = expected.shape.count / c.images
                for index in expected.values.indices {
                    let row = index / perImage * c.outputs + index % c.outputs
                    expected.values[index] += Double(imageBias.values[row])
                }
                expected = expected.activated(.silu).plus(Reference(residual))
            }
            return (try backend.upload(x).convolve(parameters, options).download(), expected)
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

    private struct Attention: Sendable {
        var batch = 1
        var queries: Int
        var keys: Int
        var heads: Int
        var width: Int
        var keyBatch: Int?
        var isCausal = false
        var isMasked = false
    }

    static let attentions: [ConformanceCase] =
        [
            Attention(queries: 1, keys: 1, heads: 1, width: 3),
            Attention(batch: 2, queries: 35, keys: 35, heads: 3, width: 40),
            Attention(batch: 2, queries: 300, keys: 300, heads: 2, width: 20),
            Attention(batch: 3, queries: 19, keys: 77, heads: 2, width: 33, keyBatch: 1),
            Attention(queries: 17, keys: 513, heads: 1, width: 80),
            Attention(queries: 6, keys: 9, heads: 1, width: 512),
            Attention(batch: 2, queries: 77, keys: 77, heads: 2, width: 16, isCausal: true),
            Attention(queries: 290, keys: 290, heads: 1, width: 8, isCausal: true),
            Attention(batch: 2, queries: 11, keys: 21, heads: 2, width: 64, isMasked: true),
            Attention(queries: 33, keys: 127, heads: 2, width: 17, isMasked: true),
            Attention(queries: 3, keys: 252, heads: 1, width: 330),
        ].map { attention($0) } + overFrames

    private static func attention(_ a: Attention) -> ConformanceCase {
        var detail = "\(a.batch)x\(a.queries)x\(a.keys) heads \(a.heads) width \(a.width)"
        if a.isCausal { detail += " causal" }
        if a.isMasked { detail += " masked" }
        return ConformanceCase("attention", detail, bound: 1e-11) { backend in
            var draw = CaseInputs(seed: 8)
            let channels = a.heads * a.width
            let keyBatch = a.keyBatch ?? a.batch
            let q = draw.tensor([a.batch, a.queries, channels], scale: 2)
            let k = draw.tensor([keyBatch, a.keys, channels])
            let v = draw.tensor([keyBatch, a.keys, channels])
            let mask = draw.tensor([a.batch, a.queries, a.keys], scale: 3)
            let scale = 1 / Double(a.width).squareRoot()
            // Keys and values side by side, as a fused projection leaves them.
            let memory = backend.concatenateChannels([backend.upload(k), backend.upload(v)])
            let found = backend.attention(
                query: AttentionOperand(backend.upload(q)),
                key: AttentionOperand(memory, column: 0, width: channels),
                value: AttentionOperand(memory, column: channels, width: channels),
                heads: a.heads,
                scale: Float(scale),
                mask: a.isCausal
                    ? .causal : a.isMasked ? .additive(backend.upload(mask)) : .none
            )
            let expected = Reference.attention(
                Reference(q),
                Reference(k),
                Reference(v),
                heads: a.heads,
                scale: Double(Float(scale)),
                isCausal: a.isCausal,
                mask: a.isMasked ? Reference(mask) : nil
            )
            return (try found.download(), expected)
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
