import NN
import Tensors
import TestSupport
import Testing

struct TemporalConvTests {
    @Test(arguments: [1, 2, 5], [1, 3])
    func `frames mix with their neighbours, zeros beyond the ends`(frames: Int, taps: Int) throws {
        let weights = KeyedWeights(["t.weight": [4, 6, taps], "t.bias": [4]])
        let (store, path) = weights.open()
        let layer = try TemporalConv(6, 4, taps: taps, path["t"])
        try store.finish()
        let x = randomTensor([2, frames, 3, 2, 6], seed: 6)
        let residual = randomTensor([2, frames, 3, 2, 4], seed: 7)
        let found = try layer(
            path.backend.upload(x),
            residual: path.backend.upload(residual)
        ).download()
        var expected = residual
        let kernel = weights.host("t.weight").values
        for place in 0..<expected.shape.count {
            let (output, pixel) = (place % 4, place / 4 % 6)
            let (frame, clip) = (place / 24 % frames, place / 24 / frames)
            var sum = Double(weights.host("t.bias").values[output])
            for tap in 0..<taps {
                let other = frame + tap - taps / 2
                guard (0..<frames).contains(other) else { continue }
                for input in 0..<6 {
                    sum +=
                        Double(x.values[((clip * frames + other) * 6 + pixel) * 6 + input])
                        * Double(kernel[(output * 6 + input) * taps + tap])
                }
            }
            expected.values[place] += Float(sum)
        }
        #expect(nmse(found, expected) < 1e-11)
    }

    @Test func `the identity tap copies to the bit`() throws {
        let initializer = ParameterInitializer(seed: 1)
        let store = ParameterStore(
            backend: CPUBackend(CPUConfiguration(threads: 1)),
            making: { initializer($0) }
        )
        let layer = try TemporalConv(
            5,
            5,
            taps: 3,
            initialWeight: .identityTap,
            initialBias: .zeros,
            store.root["t"]
        )
        let x = randomTensor([1, 4, 2, 2, 5], seed: 8)
        #expect(try layer(store.backend.upload(x)).download() == x)
    }
}
