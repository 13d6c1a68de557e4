// Convolutions and attention of the suite of gradients.
extension GradientSuite {
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
        /// Nil for a plain convolution; else with activation, residual and as many image biases.
        var biases: Int?

        var detail: String {
            var text = "\(images)x\(height)x\(width)x\(inputs)->\(outputs)"
            text += " kernel \(kernel) stride \(stride)"
            if let enlarged { text += " enlarged to \(enlarged.0)x\(enlarged.1)" }
            if let biases { text += " fused with \(biases) biases" }
            return text
        }
    }

    static let convolutions: [GradientCase] =
        [
            Convolution(height: 5, width: 7, inputs: 3, outputs: 9),
            Convolution(images: 2, height: 5, width: 6, inputs: 33, outputs: 18, biases: 2),
            Convolution(images: 2, height: 3, width: 2, inputs: 40, outputs: 5, biases: 1),
            Convolution(height: 1, width: 1, inputs: 64, outputs: 17, biases: 1),
            Convolution(height: 15, width: 14, inputs: 5, outputs: 4),
            Convolution(height: 9, width: 8, inputs: 20, outputs: 15, stride: 2),
            Convolution(height: 8, width: 9, inputs: 6, outputs: 7, stride: 2),
            Convolution(
                height: 8,
                width: 6,
                inputs: 16,
                outputs: 8,
                stride: 2,
                padding: Padding(top: 0, left: 0, bottom: 1, right: 1)
            ),
            Convolution(height: 4, width: 5, inputs: 12, outputs: 10, enlarged: (8, 10)),
            Convolution(images: 2, height: 3, width: 4, inputs: 8, outputs: 5, enlarged: (5, 7)),
            Convolution(
                height: 6,
                width: 3,
                inputs: 70,
                outputs: 16,
                kernel: 1,
                padding: Padding(0)
            ),
            Convolution(
                images: 2,
                height: 12,
                width: 6,
                inputs: 3,
                outputs: 10,
                kernel: 6,
                stride: 6,
                padding: Padding(0)
            ),
        ].map { convolution($0) }

    private static func convolution(_ c: Convolution) -> GradientCase {
        let geometry = ConvolutionGeometry(
            kernelHeight: c.kernel,
            kernelWidth: c.kernel,
            stride: c.stride,
            padding: c.padding
        )
        let size = geometry.outputSize(
            height: c.enlarged?.0 ?? c.height,
            width: c.enlarged?.1 ?? c.width
        )
        let result: Shape = [c.images, size.height, size.width, c.outputs]
        var shapes: [Shape] = [
            [c.images, c.height, c.width, c.inputs], [c.outputs, c.inputs, c.kernel, c.kernel],
            [c.outputs],
        ]
        if let biases = c.biases { shapes += [[biases, c.outputs], result] }
        return GradientCase("convolve", c.detail, draw(35, shapes, scale: [1, 0.1])) { probe in
            let parameters = probe.recording.prepareConvolution(
                weight: probe.stored(1),
                bias: probe.stored(2),
                stride: c.stride,
                padding: c.padding
            )
            var options = ConvolutionOptions(enlargedTo: c.enlarged)
            if c.biases != nil {
                options.imageBias = probe.tensor(3)
                options.residual = probe.tensor(4)
                options.activation = .silu
            }
            return probe.tensor(0).convolve(parameters, options)
        } reference: { operands in
            var input = operands[0]
            if let (height, width) = c.enlarged {
                input = input.resized(height: height, width: width, .nearest)
            }
            var expected = input.convolved(operands[1], operands[2], geometry)
            guard let biases = c.biases else { return expected }
            for index in expected.values.indices {
                let image = biases == 1 ? 0 : index / (size.height * size.width * c.outputs)
                let row = image * c.outputs + index % c.outputs
                expected.values[index] += operands[3].values[row]
            }
            return expected.activated(.silu).plus(operands[4])
        }
    }

    static let temporal: [GradientCase] =
        [(1, 1, 3, 2, 5, 7, 3), (2, 5, 2, 3, 33, 18, 3), (1, 9, 1, 4, 12, 16, 5)]
        .map { b, f, h, w, inputs, outputs, taps in
            GradientCase(
                "convolveTemporal",
                "\(b)x\(f)x\(h)x\(w)x\(inputs)->\(outputs) taps \(taps)",
                draw(
                    36,
                    [
                        [b, f, h, w, inputs], [outputs, inputs, taps], [outputs],
                        [b, f, h, w, outputs],
                    ],
                    scale: [1, 0.1]
                )
            ) { probe in
                let parameters = probe.recording.prepareTemporalConvolution(
                    weight: probe.stored(1),
                    bias: probe.stored(2)
                )
                return probe.tensor(0).convolveTemporal(parameters, residual: probe.tensor(3))
            } reference: {
                $0[0].convolvedTemporally($0[1], $0[2]).plus($0[3])
            }
        }

    // MARK: Attention

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

    static let attentions: [GradientCase] =
        [
            Attention(queries: 1, keys: 1, heads: 1, width: 3),
            Attention(batch: 2, queries: 19, keys: 19, heads: 3, width: 10),
            Attention(batch: 3, queries: 9, keys: 21, heads: 2, width: 17, keyBatch: 1),
            Attention(queries: 35, keys: 70, heads: 1, width: 40),
            Attention(batch: 2, queries: 23, keys: 23, heads: 2, width: 16, isCausal: true),
            Attention(batch: 2, queries: 11, keys: 21, heads: 2, width: 8, isMasked: true),
        ].map { attention($0) } + [fused]

    private static func attention(_ a: Attention) -> GradientCase {
        var detail = "\(a.batch)x\(a.queries)x\(a.keys) heads \(a.heads) width \(a.width)"
        if let batch = a.keyBatch { detail += " keys of batch \(batch)" }
        if a.isCausal { detail += " causal" }
        if a.isMasked { detail += " masked" }
        let channels = a.heads * a.width
        let memory: Shape = [a.keyBatch ?? a.batch, a.keys, channels]
        let operands = draw(37, [[a.batch, a.queries, channels], memory, memory], scale: [2])
        let mask = draw(38, [[a.batch, a.queries, a.keys]], scale: [3])[0]
        let scale = Float(1 / Double(a.width).squareRoot())
        return GradientCase("attention", detail, operands) { probe in
            let backend = probe.recording
            return backend.attention(
                query: AttentionOperand(probe.tensor(0)),
                key: AttentionOperand(probe.tensor(1)),
                value: AttentionOperand(probe.tensor(2)),
                heads: a.heads,
                scale: scale,
                mask: a.isCausal ? .causal : a.isMasked ? .additive(backend.upload(mask)) : .none
            )
        } reference: {
            Reference.attention(
                $0[0],
                $0[1],
                $0[2],
                heads: a.heads,
                scale: Double(scale),
                isCausal: a.isCausal,
                mask: a.isMasked ? Reference(mask) : nil
            )
        }
    }

    /// Columns of one tensor, of which some have no part in it.
    private static let fused = GradientCase(
        "attention",
        "columns of one projection",
        draw(39, [[2, 7, 30]])
    ) { probe in
        let x = probe.tensor(0)
        return probe.recording.attention(
            query: AttentionOperand(x, column: 2, width: 8),
            key: AttentionOperand(x, column: 10, width: 8),
            value: AttentionOperand(x, column: 20, width: 8),
            heads: 2,
            scale: 0.5,
            mask: .none
        )
    } reference: { operands in
        Reference.attention(
            operands[0].columns(2..<10),
            operands[0].columns(10..<18),
            operands[0].columns(20..<28),
            heads: 2,
            scale: 0.5
        )
    }

    static let overFrames: [GradientCase] =
        [(1, 1, 5, 1, 8), (2, 8, 6, 2, 10), (1, 17, 3, 1, 33), (1, 3, 19, 2, 6), (1, 66, 2, 1, 4)]
        .map { b, f, p, heads, width in
            let channels = heads * width
            return GradientCase(
                "temporalAttention",
                "\(b)x\(f)x\(p) heads \(heads) width \(width)",
                draw(40, [[b, f, p, 3 * channels]])
            ) { probe in
                let x = probe.tensor(0)
                return probe.recording.temporalAttention(
                    query: AttentionOperand(x, column: 0, width: channels),
                    key: AttentionOperand(x, column: channels, width: channels),
                    value: AttentionOperand(x, column: 2 * channels, width: channels),
                    heads: heads,
                    scale: 0.25
                )
            } reference: { operands in
                let moved = operands[0].permuted([0, 2, 1, 3])
                let tokens = Reference(moved.values, [b * p, f, 3 * channels])
                let attended = Reference.attention(
                    tokens.columns(0..<channels),
                    tokens.columns(channels..<2 * channels),
                    tokens.columns(2 * channels..<3 * channels),
                    heads: heads,
                    scale: 0.25
                )
                return Reference(attended.values, [b, p, f, channels]).permuted([0, 2, 1, 3])
            }
        }
}
