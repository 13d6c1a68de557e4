import FFmpeg
import Foundation
import TestSupport
import Testing

/// Frames that can be read, and what the reader says is missing.
private func readDamaged(_ path: String) throws -> (frames: [VideoFrame], damage: MediaDamage) {
    let reader = try FrameReader(path, FrameRequest(width: 64, height: 64))
    var frames: [VideoFrame] = []
    while let frame = try reader.next() { frames.append(frame) }
    return (frames, reader.damage)
}

/// A video of frames that all start anew, so that damage stays where it is.
private func video(_ name: String, frames: Int, in folder: TemporaryFolder) throws -> String {
    let settings = VideoSettings(.ffv1, width: 64, height: 64, timeUnit: Rational(1, 1000))
    let writer = try VideoWriter(folder(name), settings)
    for index in 0..<frames {
        let time = Rational(Int64(index) * 100, 1000)
        try writer.append(barsFrame(index, width: 64, height: 64, time: time))
    }
    _ = try writer.finish()
    return folder(name)
}

struct DamagedSourceTests {
    @Test func `pictures that do not decode are counted and the others are read`() throws {
        let folder = try TemporaryFolder()
        let path = try video("a.mkv", frames: 30, in: folder)
        let (whole, none) = try readDamaged(path)
        #expect(whole.count == 30 && none.isNone)
        var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        // Noise over a stretch in the middle: whole pictures, headers included.
        let stretch = bytes.count / 2..<bytes.count / 2 + bytes.count / 10
        var generator = SeededGenerator(seed: 8)
        for index in stretch { bytes[index] = .random(in: 0...255, using: &generator) }
        let damaged = try folder.write(bytes, to: "damaged.mkv")
        let (left, damage) = try readDamaged(damaged)
        #expect(left.count < 30 || damage.concealedCount > 0)
        #expect(left.count >= 15)
        #expect(!damage.isNone, "\(damage)")
        for frame in left.prefix(10) { #expect(whole.contains(frame)) }
        #expect(zip(left, left.dropFirst()).allSatisfy { $0.time < $1.time })
    }

    @Test func `a file that was cut off says where`() throws {
        let folder = try TemporaryFolder()
        let path = try video("a.mkv", frames: 60, in: folder)
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        let cut = try folder.write(Array(bytes.prefix(bytes.count / 2)), to: "cut.mkv")
        let (frames, damage) = try readDamaged(cut)
        #expect(frames.count > 20 && frames.count < 40)
        #expect(damage.description.contains("the file breaks off: "), "\(damage)")
    }

    /// Bytes changed anywhere and files cut anywhere: frames or one sentence, never a crash.
    @Test(arguments: [UInt64(1), 2, 3, .random(in: 0...UInt64.max)])
    func `damage is an answer or an error`(seed: UInt64) throws {
        let folder = try TemporaryFolder()
        let path = try video("a.mkv", frames: 12, in: folder)
        let whole = [UInt8](try Data(contentsOf: URL(filePath: path)))
        var generator = SeededGenerator(seed: seed)
        var readable = 0
        for round in 0..<40 {
            var bytes = whole
            if round % 4 == 0 {
                bytes.removeLast(Int.random(in: 1...whole.count, using: &generator))
            }
            for _ in 0..<min(8, bytes.count) {
                let end = round % 2 == 0 ? bytes.count : min(bytes.count, 600)
                bytes[Int.random(in: 0..<end, using: &generator)] =
                    UInt8.random(in: 0...255, using: &generator)
            }
            do {
                let (frames, _) = try readDamaged(try folder.write(bytes, to: "damaged.mkv"))
                readable += 1
                #expect(zip(frames, frames.dropFirst()).allSatisfy { $0.time < $1.time })
            } catch is FFmpegError {
                continue
            }
        }
        #expect(readable > 0, "seed \(seed)")
    }

    @Test func `a file whose pictures are all broken is one sentence`() throws {
        let folder = try TemporaryFolder()
        // A container that says PNG, and pictures that are none.
        let path = try folder.write([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], to: "a.png")
        let error = #expect(throws: FFmpegError.self) { try readDamaged(path) }
        #expect(error?.description.hasPrefix("read \(path): ") == true)
    }
}
