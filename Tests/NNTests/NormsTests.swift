import NN
import Tensors
import TestSupport
import Testing

struct NormsTests {
    private let weights = KeyedWeights(["n.weight": [12], "n.bias": [12]])

    /// Normalises the elements of each group of places together, then scales and shifts by channel.
    private func normalised(
        _ x: HostTensor,
        epsilon: Double,
        group: (Int) -> Int
    ) -> HostTensor {
        let groups = Dictionary(grouping: x.values.indices, by: group)
        let (scale, shift) = (weights.host("n.weight").values, weights.host("n.bias").values)
        var result = x
        for places in groups.values {
            let values = places.map { Double(x.values[$0]) }
            let mean = values.reduce(0, +) / Double(values.count)
            let variance =
                values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
            for place in places {
                let unit = (Double(x.values[place]) - mean) / (variance + epsilon).squareRoot()
                let channel = place % 12
                result.values[place] = Float(unit * Double(scale[channel]) + Double(shift[channel]))
            }
        }
        return result
    }

    @Test(arguments: [1, 3, 12])
    func `groups of channels are normalised over all pixels of an image`(groups: Int) throws {
        let (store, path) = weights.open()
        let layer = try GroupNorm(groups: groups, 12, epsilon: 1e-5, path["n"])
        try store.finish()
        let x = randomTensor([2, 3, 5, 12], seed: 9, scale: 3)
        let found = try layer(path.backend.upload(x), activation: .silu).download()
        let expected = normalised(x, epsilon: 1e-5) { place in
            place / 180 * groups + place % 12 / (12 / groups)
        }
        #expect(nmse(found, Reference.map(expected, Reference.silu)) < 1e-10)
    }

    @Test func `rows are normalised one by one`() throws {
        let (store, path) = weights.open()
        let layer = try LayerNorm(12, epsilon: 1e-3, path["n"])
        try store.finish()
        let x = randomTensor([4, 3, 12], seed: 10)
        let found = try layer(path.backend.upload(x)).download()
        #expect(nmse(found, normalised(x, epsilon: 1e-3) { $0 / 12 }) < 1e-10)
    }
}
