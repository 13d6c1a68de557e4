import Coordinator
import FFmpeg
import Tensors
import TestSupport
import Testing

struct PreviewStripTests {
    @Test(arguments: [1, 2, 8, 30])
    func `frames stand side by side, the first and the last among them`(count: Int) throws {
        let (rows, columns) = (3, 5)
        // Each frame is one shade.
        let values = (0..<count).flatMap { frame in
            [Float](repeating: Float(frame) / Float(count), count: rows * columns)
        }
        let latents = HostTensor(values, Shape([count, rows, columns, 1]))
        let strip = PreviewStrip.frame(latents)
        let shown = min(count, PreviewStrip.framesMax)
        #expect((strip.width, strip.height) == (shown * columns, rows))
        func grey(_ frame: Int) -> UInt8 {
            UInt8((Float(frame) / Float(count) / 2 + 0.5) * 255)
        }
        #expect(strip.pixels.first == grey(0))
        #expect(strip.pixels.last == grey(count - 1))
    }

    @Test func `a strip is a picture whatever the latents hold`() throws {
        let folder = try TemporaryFolder()
        var values = [Float](repeating: .nan, count: 2 * 4 * 4 * 4)
        values[3] = .infinity
        let latents = HostTensor(values, Shape([2, 4, 4, 4]))
        try PreviewStrip.write(latents, to: folder("strip.png"))
        let read = try StillImage.read(folder("strip.png"), sideMax: 100)
        #expect(read == PreviewStrip.frame(latents))
        #expect(throws: JobMediaError.self) {
            try PreviewStrip.write(latents, to: folder("none/strip.png"))
        }
    }
}
