import Tensors
import TestSupport
import Testing
import Training

struct TintErrorTests {
    @Test(arguments: [0, 1, 3]) func `the gradient is the error's slope`(_ halvings: Int) {
        let extent = ImageExtent(images: 2, height: 7, width: 6, channels: 3)
        let error = randomTensor([extent.count], seed: 5).values.map { Double($0) }
        let tint = TintError(halvings: halvings)
        let found = tint(error, extent)
        #expect(found.value > 0)
        #expect(slopeError(at: error, found.gradient) { tint($0, extent).value } < 1e-7)
    }

    @Test func `grey errors have no tint, however large`() {
        let extent = ImageExtent(images: 1, height: 8, width: 8, channels: 3)
        let grey = randomTensor([64], seed: 6).values.flatMap {
            [Double](repeating: Double($0), count: 3)
        }
        let found = TintError(halvings: 3)(grey, extent)
        #expect(found.value < 1e-12)
    }

    @Test func `a colour that is missing everywhere costs at every resolution the same`() {
        let extent = ImageExtent(images: 1, height: 8, width: 8, channels: 3)
        let red = (0..<64).flatMap { _ -> [Double] in [0.5, 0, 0] }
        for halvings in 0...3 {
            #expect(abs(TintError(halvings: halvings)(red, extent).value - 1) < 1e-12)
        }
    }
}
