import Tensors

/// All that `weft benchmark` times: the operations of Stable Diffusion 1.5 and gen1 at their real
/// shapes, then whole networks.
package enum BenchmarkSuite {
    package static let all: [Benchmark] = operations + networks

    static let operations: [Benchmark] = linears + convolutions + attentions + pointwise

    private static let linears: [Benchmark] =
        [
            (4096, 320, 320), (4096, 1280, 320), (1024, 640, 640), (1024, 2560, 640),
            (256, 1280, 1280), (64, 1280, 1280), (77, 768, 320), (1, 1280, 1280),
        ].map { rows, inputs, outputs in
            Benchmark(name: "linear/\(rows)x\(inputs)->\(outputs)", bound: .arithmetic, bytes: 0) {
                make in
                let x = make.tensor([rows, inputs])
                let parameters = make.backend.prepareLinear(
                    [(make.stored([outputs, inputs], fanIn: inputs), nil)],
                    gated: false
                )
                return { x.linear(parameters) }
            }
        }
        + [(4096, 320), (1024, 640), (256, 1280)].map { rows, channels in
            Benchmark(name: "gatedLinear/\(rows)x\(channels)", bound: .arithmetic, bytes: 0) {
                make in
                let x = make.tensor([rows, channels])
                let weight = make.stored([8 * channels, channels], fanIn: channels)
                let parameters = make.backend.prepareLinear([(weight, nil)], gated: true)
                return { x.gatedLinear(parameters) }
            }
        }

    private static let convolutions: [Benchmark] =
        [
            (1, 64, 320, 320), (1, 32, 640, 640), (1, 16, 1280, 1280), (1, 8, 1280, 1280),
            (1, 64, 640, 320), (1, 16, 2560, 1280), (8, 32, 320, 320), (1, 64, 4, 320),
            (1, 64, 320, 4), (1, 128, 512, 512),
        ].map { images, edge, inputs, outputs in
            let name = "convolve/\(images)x\(edge)x\(edge)x\(inputs)->\(outputs)"
            return Benchmark(name: name, bound: .arithmetic, bytes: 0) { make in
                let x = make.tensor([images, edge, edge, inputs])
                let parameters = make.backend.prepareConvolution(
                    weight: make.stored([outputs, inputs, 3, 3], fanIn: 9 * inputs),
                    bias: nil,
                    stride: 1,
                    padding: Padding(1)
                )
                return { x.convolve(parameters) }
            }
        }
        + [(8, 32, 320), (8, 16, 640)].map { frames, edge, channels in
            let name = "convolveTemporal/\(frames)x\(edge)x\(edge)x\(channels)"
            return Benchmark(name: name, bound: .arithmetic, bytes: 0) { make in
                let x = make.tensor([1, frames, edge, edge, channels])
                let parameters = make.backend.prepareTemporalConvolution(
                    weight: make.stored([channels, channels, 3], fanIn: 3 * channels),
                    bias: nil
                )
                return { x.convolveTemporal(parameters) }
            }
        }

    private static let attentions: [Benchmark] =
        [
            (1, 8, 4096, 4096, 40), (1, 8, 1024, 1024, 80), (1, 8, 256, 256, 160),
            (1, 8, 4096, 77, 40), (8, 8, 1024, 1024, 40), (1, 1, 4096, 4096, 512),
        ].map { batch, heads, queries, keys, width in
            let name = "attention/\(batch)x\(heads)x\(queries)x\(keys)x\(width)"
            return Benchmark(name: name, bound: .arithmetic, bytes: 0) { make in
                let channels = heads * width
                let q = make.tensor([batch, queries, channels])
                let k = make.tensor([batch, keys, channels], seed: 2)
                let v = make.tensor([batch, keys, channels], seed: 3)
                return {
                    make.backend.attention(
                        query: AttentionOperand(q),
                        key: AttentionOperand(k),
                        value: AttentionOperand(v),
                        heads: heads,
                        scale: 1 / Float(width).squareRoot(),
                        mask: .none
                    )
                }
            }
        }
        + [(8, 4096, 8, 40), (16, 1024, 8, 80)].map { frames, pixels, heads, width in
            let channels = heads * width
            let name = "temporalAttention/\(frames)x\(pixels)x\(heads)x\(width)"
            let bytes = 16 * frames * pixels * channels
            return Benchmark(name: name, bound: .memory, bytes: bytes) { make in
                let x = make.tensor([1, frames, pixels, 3 * channels])
                return {
                    make.backend.temporalAttention(
                        query: AttentionOperand(x, column: 0, width: channels),
                        key: AttentionOperand(x, column: channels, width: channels),
                        value: AttentionOperand(x, column: 2 * channels, width: channels),
                        heads: heads,
                        scale: 1 / Float(width).squareRoot()
                    )
                }
            }
        }

    private static let pointwise: [Benchmark] = [(4096, 320), (32768, 320), (256, 1280)].flatMap {
        rows,
        channels -> [Benchmark] in
        let bytes = 8 * rows * channels
        return [
            Benchmark(name: "groupNorm+silu/\(rows)x\(channels)", bound: .memory, bytes: bytes) {
                make in
                let x = make.tensor([1, rows, channels])
                let parameters = norm(channels, make)
                return { x.groupNorm(parameters, groups: 32, activation: .silu) }
            },
            Benchmark(name: "layerNorm/\(rows)x\(channels)", bound: .memory, bytes: bytes) {
                make in
                let x = make.tensor([rows, channels])
                let parameters = norm(channels, make)
                return { x.layerNorm(parameters) }
            },
            Benchmark(name: "add/\(rows)x\(channels)", bound: .memory, bytes: bytes / 2 * 3) {
                make in
                let x = make.tensor([rows, channels])
                let y = make.tensor([rows, channels], seed: 2)
                return { x + y }
            },
            Benchmark(name: "permute/\(rows)x\(channels)", bound: .memory, bytes: bytes) {
                make in
                let x = make.tensor([1, rows, channels])
                return { x.permute([0, 2, 1]) }
            },
        ]
    }

    private static func norm(_ channels: Int, _ make: BenchmarkInputs) -> NormParameters {
        NormParameters(
            scale: make.tensor([channels]),
            shift: make.tensor([channels], seed: 2),
            epsilon: 1e-5
        )
    }
}
