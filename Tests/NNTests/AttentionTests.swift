import NN
import Tensors
import TestSupport
import Testing

struct AttentionTests {
    private static let selfWeights = KeyedWeights([
        "to_q.weight": [8, 8], "to_k.weight": [8, 8], "to_v.weight": [8, 8],
        "to_out.0.weight": [8, 8], "to_out.0.bias": [8],
    ])

    private func expectedSelf(_ x: HostTensor, heads: Int) -> HostTensor {
        let weights = Self.selfWeights
        func project(_ name: String) -> HostTensor {
            Reference.linear(x, weights.host("\(name).weight"))
        }
        let attended = Reference.attention(
            project("to_q"),
            project("to_k"),
            project("to_v"),
            heads: heads
        )
        return Reference.linear(
            attended,
            weights.host("to_out.0.weight"),
            weights.host("to_out.0.bias").values
        )
    }

    @Test(arguments: [1, 2, 8])
    func `tokens attend to each other, head by head`(heads: Int) throws {
        let (store, path) = Self.selfWeights.open()
        let layer = try SelfAttention(8, heads: heads, path)
        try store.finish()
        let x = randomTensor([2, 7, 8], seed: 13)
        let found = try layer(path.backend.upload(x), residual: path.backend.upload(x)).download()
        #expect(nmse(found, Reference.sum(expectedSelf(x, heads: heads), x)) < 1e-11)
    }

    @Test func `frames attend to each other, pixel by pixel`() throws {
        let (_, path) = Self.selfWeights.open()
        let layer = try SelfAttention(8, heads: 2, path)
        let x = randomTensor([2, 5, 3, 8], seed: 14)
        let found = try layer.overFrames(path.backend.upload(x)).download()
        let perPixel = x.permuted([0, 2, 1, 3]).reshaped([6, 5, 8])
        let expected = expectedSelf(perPixel, heads: 2).reshaped([2, 3, 5, 8])
            .permuted([0, 2, 1, 3])
        #expect(nmse(found, expected) < 1e-11)
    }

    @Test func `a context of one token adds its value, whatever the queries are`() throws {
        let weights = KeyedWeights([
            "to_q.weight": [8, 8], "to_k.weight": [8, 6], "to_v.weight": [8, 6],
            "to_out.0.weight": [8, 8], "to_out.0.bias": [8],
        ])
        let (store, path) = weights.open()
        let layer = try CrossAttention(8, contextChannels: 6, heads: 2, path)
        try store.finish()
        let x = randomTensor([4, 5, 8], seed: 15)
        let context = randomTensor([2, 1, 6], seed: 16)
        let backend = path.backend
        let found = try layer.addToken(backend.upload(context), to: backend.upload(x)).download()
        // Each context serves two neighbouring images.
        let repeated = HostTensor(
            [0, 0, 1, 1].flatMap { Array(context.values[$0 * 6..<$0 * 6 + 6]) },
            [4, 1, 6]
        )
        let uploaded = backend.upload(x)
        let attended = try layer(uploaded, context: backend.upload(repeated), residual: uploaded)
            .download()
        #expect(nmse(found, attended) < 1e-12)
        let value = Reference.linear(repeated, weights.host("to_v.weight"))
        let output = Reference.linear(
            value,
            weights.host("to_out.0.weight"),
            weights.host("to_out.0.bias").values
        )
        var expected = x
        for place in expected.values.indices {
            expected.values[place] += output.values[place / 40 * 8 + place % 8]
        }
        #expect(nmse(found, expected) < 1e-11)
    }
}
