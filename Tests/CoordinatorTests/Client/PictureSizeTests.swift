import Coordinator
import Testing

struct PictureSizeTests {
    @Test(arguments: [
        ("640x384", 640, 384), ("1x1", 1, 1),
    ])
    func `a size is read from its two numbers`(text: String, width: Int, height: Int) {
        #expect(PictureSize(text) == PictureSize(width: width, height: height))
    }

    @Test(arguments: ["", "640", "640x", "x480", "0x480", "-8x8", "640x480x3", "640 x 480", "axb"])
    func `what is no size is refused`(text: String) {
        #expect(PictureSize(text) == nil)
    }

    /// For every shape and multiple, no other size nearby is closer in shape at that area.
    @Test(arguments: [1, 8, 16, 64, 100])
    func `the default has the model's multiples, about its area and about the clip's shape`(
        multiple: Int
    ) {
        for aspect in [0.1, 0.5625, 0.75, 1, 4.0 / 3, 1.5, 16.0 / 9, 2.39, 10] {
            let size = PictureSize(aspect: aspect, area: 512 * 512, multiple: multiple)
            #expect(size.width % multiple == 0 && size.height % multiple == 0)
            let area = Double(size.width * size.height) / (512 * 512)
            #expect(area > 0.6 && area < 1.6, "\(aspect), \(multiple): \(size)")
            let error = Double(size.width) / Double(size.height) / aspect
            // With coarse multiples a short side has few choices.
            let bound = 1 + Double(multiple) / Double(min(size.width, size.height))
            #expect(error < bound && error > 1 / bound, "\(aspect), \(multiple): \(size)")
        }
    }

    @Test func `extreme shapes stay within the largest side`() {
        let wide = PictureSize(aspect: 1e6, area: 512 * 512, multiple: 8)
        let tall = PictureSize(aspect: 1e-6, area: 512 * 512, multiple: 8)
        #expect(wide.width <= PictureSize.sideMax && wide.height >= 8)
        #expect(tall.height <= PictureSize.sideMax && tall.width >= 8)
    }
}
