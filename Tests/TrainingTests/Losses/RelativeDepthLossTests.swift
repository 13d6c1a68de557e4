import Tensors
import TestSupport
import Testing
import Training

private func doubles(_ shape: Shape, seed: UInt64) -> [Double] {
    randomTensor(shape, seed: seed).values.map { Double($0) }
}

struct RelativeDepthLossTests {
    @Test(arguments: [(5, 7), (6, 4)])
    func `the gradient is the loss's slope`(height: Int, width: Int) {
        let extent = ImageExtent(images: 2, height: height, width: width, channels: 1)
        let found = doubles([extent.count], seed: 1)
        let truth = doubles([extent.count], seed: 2)
        let loss = RelativeDepthLoss(edges: 0.5, scales: 3)
        let slope = loss.slope(found, truth, extent)
        let error = slopeError(at: found, slope.gradient) {
            loss.slope($0, truth, extent).value
        }
        #expect(error < 1e-6)
    }

    @Test func `a positive scale and a shift cost nothing, in each image its own`() {
        let truth = randomTensor([2, 6, 8], seed: 3)
        var found = truth
        for index in found.values.indices {
            found.values[index] =
                index < 48
                ? 3 * found.values[index] + 2 : 0.5 * found.values[index] - 7
        }
        #expect(RelativeDepthLoss()(found, truth).value < 1e-5)
    }

    @Test func `near and far exchanged is the worst, not the best`() {
        let truth = randomTensor([1, 8, 8], seed: 4)
        let loss = RelativeDepthLoss()
        let exchanged = loss(HostTensor(truth.values.map { -$0 }, truth.shape), truth).value
        let unrelated = loss(randomTensor([1, 8, 8], seed: 5), truth).value
        #expect(exchanged > unrelated)
        #expect(unrelated > 0.5)
    }

    @Test func `a prediction of one depth has a finite loss and slope`() {
        let loss = RelativeDepthLoss()(
            HostTensor(repeating: 1, [1, 4, 4]),
            randomTensor([1, 4, 4], seed: 6)
        )
        #expect(loss.value.isFinite)
        #expect(loss.gradient.values.allSatisfy { $0.isFinite })
    }

    @Test func `agreement is Pearson's correlation, image by image`() {
        let truth = randomTensor([2, 8, 8], seed: 7)
        let scaled = HostTensor(truth.values.map { 4 * $0 + 1 }, truth.shape)
        #expect(abs(DepthAgreement(scaled, truth).correlation - 1) < 1e-6)
        let half = HostTensor(
            truth.values.enumerated().map { $0.offset < 64 ? $0.element : -$0.element },
            truth.shape
        )
        #expect(abs(DepthAgreement(half, truth).correlation) < 1e-6)
        let flat = HostTensor(repeating: 2, truth.shape)
        #expect(DepthAgreement(flat, truth).correlation == 0)
    }
}
