import Tensors
import TestSupport
import Testing
import Training

struct ThumbnailErrorTests {
    private func doubles(_ tensor: HostTensor) -> [Double] { tensor.values.map(Double.init) }

    @Test func `the gradient is the error's slope and leaves the other channels alone`() {
        let pictures = randomTensor([2, 8, 12, 3], seed: 5)
        let mean = randomTensor([2, 2, 3, 5], seed: 6)
        let error = ThumbnailError(weight: 0.3)
        let found = error(mean, pictures)
        #expect(found.value > 0)
        let wanted = ThumbnailError.thumbnails(of: pictures, patch: 4)
        // The loss anew, written another way, in double precision.
        let slope = slopeError(at: doubles(mean), doubles(found.gradient)) { values in
            var sum = 0.0
            for (index, colour) in doubles(wanted).enumerated() {
                let difference = values[5 * (index / 3) + 2 + index % 3] - colour
                sum += difference * difference
            }
            return 0.3 * sum / Double(wanted.shape.count)
        }
        #expect(slope < 1e-4)
        for (index, value) in found.gradient.values.enumerated() where index % 5 < 2 {
            #expect(value == 0)
        }
    }

    @Test func `the picture itself costs nothing`() {
        let pictures = randomTensor([1, 16, 8, 3], seed: 7)
        let thumbnails = ThumbnailError.thumbnails(of: pictures, patch: 8)
        #expect(thumbnails.shape == [1, 2, 1, 3])
        let found = ThumbnailError(weight: 1)(thumbnails, pictures)
        #expect(found.value == 0)
    }

    @Test func `grey is luma alone, and luma is the mean`() {
        let greys = randomTensor([16], seed: 8).values
        let pictures = HostTensor(greys.flatMap { [$0, $0, $0] }, [1, 4, 4, 3])
        let found = ThumbnailError.thumbnails(of: pictures, patch: 4)
        let mean = greys.map(Double.init).reduce(0, +) / 16
        #expect(abs(Double(found.values[0]) - ThumbnailError.scales.luma * mean) < 1e-6)
        #expect(abs(found.values[1]) < 1e-6 && abs(found.values[2]) < 1e-6)
    }
}
