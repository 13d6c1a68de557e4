import Evaluation
import TestSupport
import Testing

struct RegionMaskTests {
    private static func mask(_ seed: UInt64, share: Int) -> RegionMask {
        var generator = SeededGenerator(seed: seed)
        let (width, height) = (7 + Int(seed % 5), 6)
        return RegionMask(
            width: width,
            height: height,
            values: (0..<width * height).map { _ in
                Int.random(in: 0..<10, using: &generator) < share
            }
        )
    }

    /// Pixel by pixel, over the whole square around it.
    private static func dilated(_ mask: RegionMask, _ radius: Int) -> [Bool] {
        mask.values.indices.map { place in
            let (x, y) = (place % mask.width, place / mask.width)
            return mask.values.indices.contains { other in
                mask.values[other] && abs(other % mask.width - x) <= radius
                    && abs(other / mask.width - y) <= radius
            }
        }
    }

    @Test(arguments: 0..<6 as Range<UInt64>, 0..<3)
    func `growing takes all that is near, shrinking what is not near the outside`(
        seed: UInt64,
        radius: Int
    ) {
        let mask = Self.mask(seed, share: 3)
        #expect(mask.dilated(by: radius).values == Self.dilated(mask, radius))
        let outside = Self.dilated(mask.inverted, radius)
        #expect(mask.eroded(by: radius).values == outside.map { !$0 })
        #expect(mask.eroded(by: 0) == mask && mask.count == mask.places.count)
    }
}
