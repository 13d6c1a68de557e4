import Evaluation
import Models
import Testing

struct TimeSliceTests {
    @Test func `time runs down and borders have marks`() {
        let clip = TestClips.clip(4, width: 3, height: 5) { frame, x, _ in
            Float(50 * frame + 10 * x)
        }
        let image = TimeSlice.image([clip, clip], borders: [1], heightMin: 12)
        #expect(image.width == 6 + 3 + 2 + 3 && image.height == 12)
        func pixel(_ x: Int, _ y: Int) -> [UInt8] {
            let place = (y * image.width + x) * 3
            return Array(image.pixels[place..<place + 3])
        }
        #expect(pixel(6, 0) == [0, 0, 0] && pixel(8, 11) == [170, 170, 170])
        #expect(pixel(11, 4) == [50, 50, 50])
        #expect((0..<12).filter { pixel(0, $0) == [220, 30, 30] } == [5, 6])
    }
}
