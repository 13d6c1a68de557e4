import Models
import Tensors
import Testing
import Training

private func generator(_ index: Int) -> KeyedGenerator {
    Draw(seed: 1, step: 0).stream("placement", index)
}

struct FramePlacementTests {
    @Test(arguments: [(640, 360), (360, 640), (100, 100), (31, 17), (7, 900)])
    func `the frame lies within the picture, and the picture keeps its shape`(
        width: Int,
        height: Int
    ) {
        for index in 0..<50 {
            var generator = generator(index)
            let place = FramePlacement(
                source: (width, height),
                target: (96, 64),
                index % 2 == 0 ? .random : .randomMirrored,
                &generator
            )
            #expect(place.x >= 0 && place.x + 96 <= place.width)
            #expect(place.y >= 0 && place.y + 64 <= place.height)
            let shape = Double(place.width) / Double(place.height)
            let expected = Double(width) / Double(height)
            #expect(abs(shape / expected - 1) < 0.02)
            #expect(min(place.width * 4 / 5, place.height * 4 / 5) <= 96)
        }
    }

    @Test func `the middle is the largest that fits`() {
        var generator = generator(0)
        let place = FramePlacement(source: (640, 360), target: (96, 64), .centre, &generator)
        #expect((place.width, place.height) == (114, 64))
        #expect((place.x, place.y, place.isMirrored) == (9, 0, false))
    }

    @Test func `a mirrored frame has its columns exchanged`() {
        let image = RGBImage(width: 2, height: 1, pixels: [1, 2, 3, 4, 5, 6])
        var kinds: Set<[UInt8]> = []
        for index in 0..<20 {
            var generator = generator(index)
            let place = FramePlacement(source: (2, 1), target: (2, 1), .randomMirrored, &generator)
            guard place.width == 2, place.height == 1 else { continue }
            let cut = place.cut(image, width: 2, height: 1)
            #expect(cut == (place.isMirrored ? [4, 5, 6, 1, 2, 3] : [1, 2, 3, 4, 5, 6]))
            kinds.insert(cut)
        }
        #expect(kinds.count == 2)
    }
}
