import Coordinator
import FFmpeg
import TestSupport
import Testing

struct ContentImageTests {
    @Test func `a picture comes within the bound of its sides`() throws {
        let folder = try TemporaryFolder()
        let pixels = [UInt8](repeating: 77, count: 2048 * 512 * 3)
        let large = VideoFrame(time: .zero, width: 2048, height: 512, pixels: pixels)
        try StillImage.writePNG(large, to: folder("a.png"))
        let image = try ContentImage.read(folder("a.png"))
        #expect((image.width, image.height) == (1024, 256))
        #expect(image.pixels.allSatisfy { $0 == 77 })
        let path = try folder.write("text", to: "b.png")
        #expect(throws: JobMediaError.self) { try ContentImage.read(path) }
    }
}
