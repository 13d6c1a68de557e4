import Coordinator
import FFmpeg
import Tensors
import TestSupport
import Testing
import WireProtocol

struct MaskFramesTests {
    private func video(_ folder: TemporaryFolder) throws -> JobVideo {
        var job = TestVideo.job(folder("in.mkv"), output: folder("out.mkv"))
        job.start = WireRational(1, 5)
        return try JobVideo(job)
    }

    /// White on the left half of the frame, or all of one grey.
    private func frame(_ grey: UInt8?, at time: Rational) -> VideoFrame {
        let (width, height) = (TestVideo.width, TestVideo.height)
        let pixels = (0..<width * height * 3).map { index -> UInt8 in
            grey ?? (index / 3 % width < width / 2 ? 255 : 0)
        }
        return VideoFrame(time: time, width: width, height: height, pixels: pixels)
    }

    @Test func `white is repainted and black is kept`() throws {
        let folder = try TemporaryFolder()
        try StillImage.writePNG(frame(nil, at: .zero), to: folder("mask.png"))
        let mask = try MaskFrames(folder("mask.png"), of: try video(folder), latentScale: 8)
        for times in [[Rational.zero, Rational(40)], [Rational(3)], [Rational.zero]] {
            let tensor = try mask.read(times)
            #expect(tensor.shape.dimensions == [times.count, 6, 8, 1])
            #expect(
                tensor.values.enumerated().allSatisfy { $1 == ($0 % 8 < 4 ? 0 : 1) }
            )
        }
    }

    @Test func `a video runs along with the source and its last picture stays`() throws {
        let folder = try TemporaryFolder()
        let settings = VideoSettings(
            .ffv1,
            width: TestVideo.width,
            height: TestVideo.height,
            timeUnit: Rational(1, 1000)
        )
        let writer = try VideoWriter(folder("mask.mkv"), settings)
        for index in 0..<5 {
            try writer.append(frame(UInt8(index * 51), at: Rational(Int64(index), 10)))
        }
        _ = try writer.finish()
        let mask = try MaskFrames(folder("mask.mkv"), of: try video(folder), latentScale: 8)
        // The job starts at 0.2 s of the source.
        let cases: [(Rational, Float)] = [
            (.zero, 2), (Rational(5, 100), 2), (Rational(1, 10), 3), (Rational(9), 4),
            (.zero, 2), (Rational(199, 1000), 3),
        ]
        for (time, grey) in cases {
            let tensor = try mask.read([time])
            let expected = 1 - grey * 51 / 255
            #expect(tensor.values.allSatisfy { abs($0 - expected) < 1e-5 }, "at \(time)")
        }
    }

    @Test func `a file that is no picture is refused by name`() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("text", to: "mask.png")
        let mask = try MaskFrames(path, of: try video(folder), latentScale: 8)
        #expect(throws: JobMediaError.self) { try mask.read([.zero]) }
        #expect(throws: JobMediaError.self) {
            try MaskFrames(path, of: try video(folder), latentScale: 7)
        }
    }
}
