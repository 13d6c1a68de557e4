import Tensors
import TestSupport
import Testing
import Training

struct ErrorPyramidTests {
    @Test(arguments: [(1, 1), (2, 7), (6, 5), (9, 12)])
    func `the gradient is the loss's slope`(height: Int, width: Int) {
        let extent = ImageExtent(images: 2, height: height, width: width, channels: 3)
        let error = randomTensor([extent.count], seed: 1).values.map { Double($0) }
        for scales in 1...4 {
            let pyramid = ErrorPyramid(scales: scales)
            let found = pyramid(error, extent)
            #expect(slopeError(at: error, found.gradient) { pyramid($0, extent).value } < 1e-7)
        }
    }

    @Test func `a constant error costs nothing`() {
        let extent = ImageExtent(images: 1, height: 8, width: 8, channels: 1)
        let found = ErrorPyramid(scales: 3)([Double](repeating: 0.7, count: 64), extent)
        #expect(found.value == 0)
        #expect(found.gradient.allSatisfy { $0 == 0 })
    }

    @Test func `fine detail costs at the finest scale alone, a step at all`() {
        let extent = ImageExtent(images: 1, height: 8, width: 8, channels: 1)
        let checks = (0..<64).map { Double(($0 % 8 + $0 / 8) % 2) }
        let step = (0..<64).map { $0 % 8 < 4 ? 0.0 : 1 }
        func cost(_ error: [Double], _ scales: Int) -> Double {
            ErrorPyramid(scales: scales)(error, extent).value
        }
        #expect(abs(cost(checks, 1) - 2) < 1e-12)
        #expect(abs(cost(checks, 3) - 2) < 1e-12)
        // One of seven, three and one neighbours differ.
        #expect(abs(cost(step, 3) - (1.0 / 7 + 1.0 / 3 + 1)) < 1e-12)
    }
}
