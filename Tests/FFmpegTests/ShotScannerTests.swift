import FFmpeg
import TestSupport
import Testing

private func scan(_ path: String, _ request: FrameRequest) throws -> [ScannedFrame] {
    let scanner = try ShotScanner(path, request)
    var frames: [ScannedFrame] = []
    while let frame = try scanner.next() { frames.append(frame) }
    return frames
}

/// Frames of noise in the given shades: each shade is a scene.
private func scenes(_ lengths: [Int], in folder: TemporaryFolder) throws -> String {
    let settings = VideoSettings(.ffv1, width: 96, height: 64, timeUnit: Rational(1, 1000))
    let writer = try VideoWriter(folder("scenes.mkv"), settings)
    var count: Int64 = 0
    for (scene, length) in lengths.enumerated() {
        var generator = SeededGenerator(seed: UInt64(scene))
        let base = (0..<96 * 64 * 3).map { _ in Int.random(in: 0...255, using: &generator) }
        for step in 0..<length {
            let pixels = base.map { UInt8(clamping: $0 + step % 3) }
            let time = Rational(count * 40, 1000)
            try writer.append(VideoFrame(time: time, width: 96, height: 64, pixels: pixels))
            count += 1
        }
    }
    _ = try writer.finish()
    return folder("scenes.mkv")
}

struct ShotScannerTests {
    @Test func `a shot starts at the first frame and at each cut`() throws {
        let folder = try TemporaryFolder()
        let path = try scenes([7, 12, 5, 9], in: folder)
        let frames = try scan(path, FrameRequest(width: 96, height: 64))
        #expect(frames.count == 33)
        #expect(frames.indices.filter { frames[$0].startsShot } == [0, 7, 19, 24])
        #expect(frames.map(\.time) == (0..<33).map { Rational($0 * 40, 1000) })
    }

    @Test(arguments: [(10, 1), (60, 1), (24000, 1001)])
    func `frames and cuts are those of the reader at any rate`(top: Int64, bottom: Int64) throws {
        let folder = try TemporaryFolder()
        let path = try scenes([7, 12, 5, 9], in: folder)
        let request = try FrameRequest(
            width: 96,
            height: 64,
            start: Rational(1, 10),
            frameRate: Rational(top, bottom)
        )
        let frames = try scan(path, request)
        let reader = try FrameReader(path, request)
        var before: VideoFrame?
        for frame in frames {
            let read = try #require(try reader.next())
            #expect(read.time == frame.time && read.duration == frame.duration)
            // Scenes are unlike each other, and frames of one are nearly the same.
            let differs = before.map { meanDifference($0.pixels, read.pixels) > 20 } ?? true
            #expect(frame.startsShot == differs, "at \(frame.time)")
            before = read
        }
        #expect(try reader.next() == nil)
        #expect(frames.count { $0.startsShot } == 4)
    }

    @Test(arguments: [("rabbit", 234), ("frog", 248), ("pig", 196), ("rabbit320", 234)])
    func `hand-held footage has no cut`(name: String, count: Int) throws {
        guard let path = MediaTools.clip("\(name).mp4") else { return }
        let frames = try scan(path, FrameRequest(width: 720, height: 480))
        #expect(frames.count == count)
        #expect(frames.indices.filter { frames[$0].startsShot } == [0])
    }
}
