import NN
import Tensors
import TestSupport
import Testing

struct Conv2DTests {
    /// A kernel that is zero but for one tap moves the picture by that tap.
    @Test func `the kernel is not mirrored and padding is zero`() throws {
        let store = ParameterStore(backend: CPUBackend(CPUConfiguration(threads: 1))) { parameter in
            StoredTensor(name: parameter.key, shape: parameter.shape) {
                var values = [Float](repeating: 0, count: parameter.shape.count)
                // Row 0, column 2 of the only kernel.
                if parameter.shape.rank == 4 { values[2] = 1 }
                return values
            }
        }
        let layer = try Conv2D(1, 1, kernel: 3, padding: Padding(1), store.root["c"])
        let x = HostTensor((1...12).map { Float($0) }, [1, 3, 4, 1])
        let found = try layer(store.backend.upload(x)).download()
        #expect(found.values == [0, 0, 0, 0, 2, 3, 4, 0, 6, 7, 8, 0])
    }

    @Test(arguments: [(1, 0), (1, 1), (2, 1)])
    func `channels, strides and padding follow the definition`(stride: Int, padding: Int) throws {
        let weights = KeyedWeights(["c.weight": [5, 3, 3, 3], "c.bias": [5]])
        let (store, path) = weights.open()
        let layer = try Conv2D(
            3,
            5,
            kernel: 3,
            stride: stride,
            padding: Padding(padding),
            path["c"]
        )
        try store.finish()
        let x = randomTensor([2, 6, 7, 3], seed: 5)
        let found = try layer(path.backend.upload(x)).download()
        let kernel = weights.host("c.weight").values
        var expected = HostTensor(repeating: 0, found.shape)
        let (height, width) = (found.shape[1], found.shape[2])
        #expect(height == (6 + 2 * padding - 3) / stride + 1)
        for place in 0..<found.shape.count {
            let (output, column) = (place % 5, place / 5 % width)
            let (row, image) = (place / 5 / width % height, place / 5 / width / height)
            var sum = Double(weights.host("c.bias").values[output])
            for tap in 0..<27 {
                let (input, down, right) = (tap / 9, tap / 3 % 3, tap % 3)
                let (y, z) = (row * stride + down - padding, column * stride + right - padding)
                guard (0..<6).contains(y), (0..<7).contains(z) else { continue }
                sum +=
                    Double(x.values[((image * 6 + y) * 7 + z) * 3 + input])
                    * Double(kernel[output * 27 + tap])
            }
            expected.values[place] = Float(sum)
        }
        #expect(nmse(found, expected) < 1e-11)
    }
}
