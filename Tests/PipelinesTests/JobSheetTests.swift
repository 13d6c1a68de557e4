import FFmpeg
import Models
import Pipelines
import Tensors
import Testing

struct JobSheetTests {
    private func frame(_ value: UInt8, side: Int) -> VideoFrame {
        let pixels = [UInt8](repeating: value, count: side * side * 3)
        return VideoFrame(time: .zero, width: side, height: side, pixels: pixels)
    }

    /// Two frames of depths 2 and 6 everywhere: black and white when they are seen together.
    private func sheet(side: Int, level: Int = 0) throws -> RGBImage {
        let flat = side * side
        return JobSheet(
            inputs: [frame(10, side: side), frame(20, side: side)],
            depth: HostTensor(
                [Float](repeating: 2, count: flat) + [Float](repeating: 6, count: flat),
                [2, side, side]
            ),
            level: try StructureLevel(level),
            outputs: [frame(200, side: side), frame(210, side: side)]
        ).image
    }

    @Test(arguments: [0, 3])
    func `rows are the clip, its depth and the result, columns are frames`(level: Int) throws {
        let side = 256
        let image = try sheet(side: side, level: level)
        #expect((image.width, image.height) == (2 * side + 2, 3 * side + 4))
        let middles = [0, 1, 2].map { row in
            [0, 1].map { column in
                let (x, y) = (column * (side + 2) + side / 2, row * (side + 2) + side / 2)
                return image.pixels[(y * image.width + x) * 3]
            }
        }
        #expect(middles == [[10, 20], [0, 255], [200, 210]])
    }

    @Test func `depth loses the detail that its level takes away`() throws {
        let side = 256
        let stripes = (0..<side * side).map { Float($0 % side / 16 % 2) }
        func row(_ level: Int) throws -> [UInt8] {
            let image = JobSheet(
                inputs: [frame(0, side: side)],
                depth: HostTensor(stripes, [1, side, side]),
                level: try StructureLevel(level),
                outputs: [frame(0, side: side)]
            ).image
            let start = (side + 2 + side / 2) * image.width * 3
            return stride(from: start, to: start + side * 3, by: 3).map { image.pixels[$0] }
        }
        #expect(Set(try row(0)) == [0, 255])
        let blurred = try row(6)
        #expect(try #require(blurred.max()) - #require(blurred.min()) < 64)
    }

    @Test(arguments: [(64, 4), (128, 2), (130, 1), (256, 1), (1024, 1)])
    func `small pictures are shown larger`(side: Int, factor: Int) throws {
        #expect(try sheet(side: side).width == (2 * side + 2) * factor)
    }

    @Test func `frames are spread evenly, first and last among them`() {
        #expect(JobSheet.frames(of: 1) == [0])
        #expect(JobSheet.frames(of: 5) == [0, 1, 2, 3, 4])
        #expect(JobSheet.frames(of: 64) == [0, 9, 18, 27, 36, 45, 54, 63])
        for total in 1...200 {
            let frames = JobSheet.frames(of: total)
            #expect(frames.first == 0 && frames.last == total - 1)
            #expect(Set(frames).count == min(total, JobSheet.columnsMax))
        }
    }
}
