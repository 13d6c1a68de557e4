// Convolutions and attention of the suite of gradients.
extension GradientSuite {
    static let convolutions: [GradientCase] =
        [
            ConvolutionCase(height: 5, width: 7, inputs: 3, outputs: 9),
            ConvolutionCase(images: 2, height: 5, width: 6, inputs: 33, outputs: 18, biases: 2),
            ConvolutionCase(images: 2, height: 3, width: 2, inputs: 40, outputs: 5, biases: 1),
            ConvolutionCase(height: 1, width: 1, inputs: 64, outputs: 17, biases: 1),
            ConvolutionCase(height: 15, width: 14, inputs: 5, outputs: 4),
            ConvolutionCase(height: 9, width: 8, inputs: 20, outputs: 15, stride: 2),
            ConvolutionCase(height: 8, width: 9, inputs: 6, outputs: 7, stride: 2),
            ConvolutionCase(
                height: 8,
                width: 6,
                inputs: 16,
                outputs: 8,
                stride: 2,
                padding: Padding(top: 0, left: 0, bottom: 1, right: 1)
            ),
            ConvolutionCase(height: 4, width: 5, inputs: 12, outputs: 10, enlarged: (8, 10)),
            ConvolutionCase(
                images: 2,
                height: 3,
                width: 4,
                inputs: 8,
                outputs: 5,
                enlarged: (5, 7)
            ),
            ConvolutionCase(
                height: 6,
                width: 3,
                inputs: 70,
                outputs: 16,
                kernel: 1,
                padding: Padding(0)
            ),
            ConvolutionCase(
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

    private static func convolution(_ c: ConvolutionCase) -> GradientCase {
        GradientCase("convolve", c.detail, draw(35, c.shapes, scale: [1, 0.1])) { probe in
            c.result(
                on: probe.recording,
                weight: probe.stored(1),
                bias: probe.stored(2),
                probe.tensor
            )
        } reference: {
            c.reference($0)
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

    static let attentions: [GradientCase] =
        [
            AttentionCase(queries: 1, keys: 1, heads: 1, width: 3),
            AttentionCase(batch: 2, queries: 19, keys: 19, heads: 3, width: 10),
            AttentionCase(batch: 3, queries: 9, keys: 21, heads: 2, width: 17, keyBatch: 1),
            AttentionCase(queries: 35, keys: 70, heads: 1, width: 40),
            AttentionCase(batch: 2, queries: 23, keys: 23, heads: 2, width: 16, isCausal: true),
            AttentionCase(batch: 2, queries: 11, keys: 21, heads: 2, width: 8, isMasked: true),
        ].map { attention($0) } + [fused]

    private static func attention(_ a: AttentionCase) -> GradientCase {
        let mask = draw(38, [a.maskShape], scale: [3])[0]
        return GradientCase("attention", a.detail, draw(37, a.shapes, scale: [2])) { probe in
            let backend = probe.recording
            return backend.attention(
                query: AttentionOperand(probe.tensor(0)),
                key: AttentionOperand(probe.tensor(1)),
                value: AttentionOperand(probe.tensor(2)),
                heads: a.heads,
                scale: a.scale,
                mask: a.mask(mask, on: backend)
            )
        } reference: {
            a.reference($0, mask: mask)
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
