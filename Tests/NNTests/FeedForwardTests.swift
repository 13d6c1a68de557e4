import NN
import Tensors
import TestSupport
import Testing

struct FeedForwardTests {
    @Test func `the second half of the hidden layer gates the first`() throws {
        let weights = KeyedWeights([
            "net.0.proj.weight": [48, 6], "net.0.proj.bias": [48], "net.2.weight": [6, 24],
            "net.2.bias": [6],
        ])
        let (store, path) = weights.open()
        let layer = try GatedFeedForward(6, path)
        try store.finish()
        let x = randomTensor([2, 5, 6], seed: 11)
        let found = try layer(path.backend.upload(x), residual: path.backend.upload(x)).download()
        let hidden = Reference.linear(
            x,
            weights.host("net.0.proj.weight"),
            weights.host("net.0.proj.bias").values
        )
        let gated = (0..<10).flatMap { row in
            (0..<24).map { column in
                let gate = Reference.gelu(Double(hidden.values[row * 48 + 24 + column]))
                return Float(Double(hidden.values[row * 48 + column]) * gate)
            }
        }
        let expected = Reference.linear(
            HostTensor(gated, [2, 5, 24]),
            weights.host("net.2.weight"),
            weights.host("net.2.bias").values
        )
        // Kernels may take the error function to 1.5e-7.
        #expect(nmse(found, Reference.sum(expected, x)) < 1e-10)
    }

    @Test func `the plain one activates between its layers`() throws {
        let weights = KeyedWeights([
            "fc1.weight": [9, 6], "fc1.bias": [9], "fc2.weight": [6, 9], "fc2.bias": [6],
        ])
        let (store, path) = weights.open()
        let layer = try FeedForward(
            6,
            hidden: 9,
            activation: .relu,
            names: ("fc1", "fc2"),
            path
        )
        try store.finish()
        let x = randomTensor([4, 6], seed: 12)
        let hidden = Reference.linear(
            x,
            weights.host("fc1.weight"),
            weights.host("fc1.bias").values
        )
        let expected = Reference.linear(
            Reference.map(hidden) { max($0, 0) },
            weights.host("fc2.weight"),
            weights.host("fc2.bias").values
        )
        #expect(nmse(try layer(path.backend.upload(x)).download(), expected) < 1e-11)
    }
}
