import NN
import Tensors
import TestSupport
import Testing

struct LinearTests {
    @Test(arguments: [(5, 7), (32, 64), (33, 1)])
    func `outputs are x times the transposed weight plus bias`(inputs: Int, outputs: Int) throws {
        let weights = KeyedWeights(["p.weight": [outputs, inputs], "p.bias": [outputs]])
        let (store, path) = weights.open()
        let layer = try Linear(inputs, outputs, path["p"])
        try store.finish()
        let x = randomTensor([2, 3, inputs], seed: 1)
        let residual = randomTensor([2, 3, outputs], seed: 2)
        let found = try layer(
            path.backend.upload(x),
            activation: .silu,
            residual: path.backend.upload(residual)
        ).download()
        let product = Reference.linear(x, weights.host("p.weight"), weights.host("p.bias").values)
        #expect(found.shape == [2, 3, outputs])
        #expect(
            nmse(found, Reference.sum(Reference.map(product, Reference.silu), residual)) < 1e-11
        )
    }

    @Test func `a convolution of one pixel is the same layer`() throws {
        let weights = KeyedWeights(["p.weight": [6, 4, 1, 1]])
        let (store, path) = weights.open()
        let layer = try Linear(4, 6, bias: false, path["p"])
        try store.finish()
        let x = randomTensor([5, 4], seed: 3)
        let found = try layer(path.backend.upload(x)).download()
        #expect(nmse(found, Reference.linear(x, weights.host("p.weight"))) < 1e-11)
    }

    @Test func `stacked layers stand side by side`() throws {
        let weights = KeyedWeights([
            "a.weight": [3, 8], "b.weight": [5, 8], "a.bias": [3], "b.bias": [5],
        ])
        let (store, path) = weights.open()
        let layer = try Linear(8, stacking: [(3, path["a"]), (5, path["b"])], bias: true)
        try store.finish()
        let x = randomTensor([4, 8], seed: 4)
        let found = layer(path.backend.upload(x))
        for (name, columns) in [("a", 0..<3), ("b", 3..<8)] {
            let part = try found.sliceChannels(columns).download()
            let expected = Reference.linear(
                x,
                weights.host("\(name).weight"),
                weights.host("\(name).bias").values
            )
            #expect(nmse(part, expected) < 1e-11)
        }
    }
}
