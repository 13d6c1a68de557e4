import Tensors
import TestSupport
import Testing
import Training

private let shape: Shape = [2, 3, 2, 4]

struct LatentPosteriorTests {
    @Test func `the divergence's gradients are its slopes`() {
        let mean = randomTensor(shape, seed: 1).values.map { Double($0) }
        let logVariance = randomTensor(shape, seed: 2).values.map { Double($0) }
        let found = LatentPosterior.divergence(mean, logVariance)
        #expect(
            slopeError(at: mean, found.mean) {
                LatentPosterior.divergence($0, logVariance).value
            } < 1e-8
        )
        #expect(
            slopeError(at: logVariance, found.logVariance) {
                LatentPosterior.divergence(mean, $0).value
            } < 1e-8
        )
    }

    @Test func `the standard normal is at distance 0`() {
        let zero = HostTensor(repeating: 0, shape)
        let found = LatentPosterior(mean: zero, logVariance: zero).divergence(weight: 3)
        #expect(found.value == 0)
        #expect(found.mean == zero)
        #expect(found.logVariance == zero)
    }

    @Test func `a sample's gradients are its slopes`() {
        let noise = randomTensor(shape, seed: 3)
        let direction = randomTensor(shape, seed: 4)
        let posterior = LatentPosterior(
            mean: randomTensor(shape, seed: 5),
            logVariance: randomTensor(shape, seed: 6)
        )
        let found = posterior.gradients(ofSample: direction, noise: noise)
        func along(_ posterior: LatentPosterior) -> Double {
            zip(posterior.sample(noise: noise).values, direction.values)
                .map { Double($0) * Double($1) }.reduce(0, +)
        }
        #expect(found.mean == direction)
        for index in 0..<shape.count {
            var (above, below) = (posterior.logVariance, posterior.logVariance)
            above.values[index] += 0x1p-6
            below.values[index] -= 0x1p-6
            let rise =
                along(LatentPosterior(mean: posterior.mean, logVariance: above))
                - along(LatentPosterior(mean: posterior.mean, logVariance: below))
            #expect(abs(rise / 0x1p-5 - Double(found.logVariance.values[index])) < 1e-3)
        }
    }

    @Test func `a variance beyond its bounds is held there and has no slope`() {
        let mean = HostTensor([1, 1], [2])
        let posterior = LatentPosterior(mean: mean, logVariance: HostTensor([-40, 21], [2]))
        let noise = HostTensor([1, 1], [2])
        let sample = posterior.sample(noise: noise)
        #expect(abs(sample.values[0] - 1) < 1e-6)
        #expect(abs(sample.values[1] - 1 - 22_026.465) < 0.01)
        let slopes = posterior.gradients(ofSample: noise, noise: noise)
        #expect(slopes.logVariance.values == [0, 0])
        #expect(posterior.divergence(weight: 1).logVariance.values == [0, 0])
    }
}
