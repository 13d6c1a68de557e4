import Tensors
import TestSupport
import Testing
import Training

struct ReconstructionLossTests {
    @Test func `the gradient is the loss's slope`() {
        let extent = ImageExtent(images: 2, height: 6, width: 5, channels: 3)
        let error = randomTensor([extent.count], seed: 1).values.map { Double($0) }
        let loss = ReconstructionLoss(absolute: 0.7, squared: 0.4, edges: 0.3, tint: 0.6, scales: 2)
        let found = loss.slope(error, extent)
        #expect(slopeError(at: error, found.gradient) { loss.slope($0, extent).value } < 1e-7)
    }

    @Test func `each term is what it is called`() {
        let shape: Shape = [1, 2, 2, 1]
        let original = HostTensor([0, 0, 0, 0], shape)
        let found = HostTensor([1, 1, 1, 3], shape)
        func cost(_ absolute: Double, _ squared: Double, _ edges: Double) -> Double {
            ReconstructionLoss(
                absolute: absolute,
                squared: squared,
                edges: edges,
                tint: 0,
                scales: 1
            )(found, original).value
        }
        #expect(cost(1, 0, 0) == 1.5)
        #expect(cost(0, 1, 0) == 3)
        #expect(cost(0, 0, 1) == 2)
        #expect(cost(1, 1, 1) == 6.5)
    }

    @Test func `the original itself costs nothing`() {
        let image = randomTensor([2, 4, 4, 3], seed: 3)
        let loss = ReconstructionLoss()(image, image)
        #expect(loss.value == 0)
        #expect(loss.gradient.values.allSatisfy { $0 == 0 })
    }
}
