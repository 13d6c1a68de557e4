import Evaluation
import Testing

struct LabColourTests {
    /// Values of the CIE's formulas, as colour calculators print them.
    @Test(
        arguments: [
            ([255, 255, 255], [100.0, 0, 0]), ([0, 0, 0], [0, 0, 0]),
            ([255, 0, 0], [53.24, 80.09, 67.20]), ([0, 255, 0], [87.73, -86.18, 83.18]),
            ([0, 0, 255], [32.30, 79.19, -107.86]), ([128, 128, 128], [53.59, 0, 0]),
        ] as [([UInt8], [Double])]
    )
    func `known colours have the values of the standard`(rgb: [UInt8], lab: [Double]) {
        let colour = LabColour(red: rgb[0], green: rgb[1], blue: rgb[2])
        #expect(abs(colour.lightness - lab[0]) < 0.02)
        #expect(abs(colour.a - lab[1]) < 0.05 && abs(colour.b - lab[2]) < 0.05)
    }

    @Test func `a mean is that of the pixels under the mask`() {
        let pixels: [UInt8] = [255, 0, 0, 0, 0, 255, 255, 255, 255, 9, 9, 9]
        let mask = RegionMask(width: 2, height: 2, values: [true, true, false, false])
        let mean = LabColour(meanOf: pixels[...], under: mask)
        let red = LabColour(red: 255, green: 0, blue: 0)
        let blue = LabColour(red: 0, green: 0, blue: 255)
        #expect(mean == LabColour(meanOf: [red, blue]))
        #expect(abs(red.distance(to: blue) - 176.3) < 0.1)
        let empty = RegionMask(width: 2, height: 2, values: [false, false, false, false])
        #expect(LabColour(meanOf: pixels[...], under: empty) == nil)
    }
}
