import FFmpeg
import Foundation
import TestSupport
import Testing

/// A click of sound at each whole second, beside pictures of a second.
@Suite(.enabled(if: MediaTools.areInstalled, "the ffmpeg tool is not installed"))
struct SoundTests {
    private static let clicks =
        "aevalsrc=if(lt(mod(t\\,1)\\,0.02)\\,sin(2000*PI*t)\\,0):s=44100:d=6"

    private func source(_ name: String, _ codec: [String], in folder: TemporaryFolder) throws {
        try MediaTools.ffmpeg(
            ["-f", "lavfi", "-i", "testsrc2=s=64x64:r=25:d=6", "-f", "lavfi", "-i", Self.clicks]
                + ["-c:v", "mpeg4"] + codec + [folder(name)]
        )
    }

    /// Writes the span's pictures and sound, and tells what was written.
    private func copy(
        _ input: String,
        to output: String,
        start: Rational,
        duration: Rational?
    ) throws -> WrittenVideo {
        let request = try FrameRequest(width: 64, height: 64, start: start, duration: duration)
        let reader = try FrameReader(input, request)
        let settings = VideoSettings(
            output.hasSuffix("mkv") ? .ffv1 : .prores,
            width: 64,
            height: 64,
            timeUnit: Rational(1, 1000),
            frameRate: Rational(25),
            sound: SoundSource(path: input, start: start, duration: duration)
        )
        let writer = try VideoWriter(output, settings)
        while let frame = try reader.next() { try writer.append(frame) }
        return try writer.finish()
    }

    /// When clicks start, in seconds from the first picture.
    private func clicks(_ path: String) throws -> [Double] {
        let folder = try TemporaryFolder()
        try MediaTools.ffmpeg(
            "-i",
            path,
            "-vn",
            "-af",
            "aresample=async=1:first_pts=0",
            "-ac",
            "1",
            "-ar",
            "8000",
            "-f",
            "s16le",
            folder("raw")
        )
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: folder("raw"))))
        let samples = stride(from: 0, to: bytes.count - 1, by: 2).map {
            abs(Int(Int16(bitPattern: UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8)))
        }
        var starts: [Double] = []
        for (index, sample) in samples.enumerated() where sample > 8000 {
            let time = Double(index) / 8000
            if time - (starts.last ?? -1) > 0.5 { starts.append(time) }
        }
        return starts
    }

    @Test(arguments: [
        ("in.mp4", ["-c:a", "aac"], "out.mov"), ("in.mp4", ["-c:a", "aac"], "out.mkv"),
        ("in.mov", ["-c:a", "pcm_s16le"], "out.mov"), ("in.mkv", ["-c:a", "flac"], "out.mkv"),
        ("in.mkv", ["-c:a", "flac"], "out.mov"), ("in.ts", ["-c:a", "mp2"], "out.mkv"),
    ])
    func `sound stays with the pictures`(input: String, codec: [String], output: String) throws {
        let folder = try TemporaryFolder()
        try source(input, codec, in: folder)
        let before = try clicks(folder(input))
        #expect(before.count >= 6)
        let whole = try copy(folder(input), to: folder(output), start: .zero, duration: nil)
        #expect(whole.frameCount == 150 && whole.soundPacketCount > 50)
        let after = try clicks(folder(output))
        #expect(after.count >= 5)
        for time in after {
            let nearest = (0..<7).map { abs(Double($0) - time) }.min() ?? 1
            #expect(nearest < 0.025, "\(time)")
        }
        // A span that starts between the pictures and the packets.
        let start = Rational(17, 10)
        let span = try copy(folder(input), to: folder(output), start: start, duration: Rational(3))
        #expect(span.frameCount == 75)
        let cut = try clicks(folder(output)).filter { $0 > 0.1 }
        #expect(cut.count >= 3)
        for (index, time) in cut.enumerated() {
            #expect(abs(time - (0.3 + Double(index))) < 0.03, "\(time)")
        }
        let length = try #require(try MediaInfo.probe(folder(output)).duration).double
        #expect(abs(length - 3) < 0.07, "\(length)")
    }

    @Test func `a source without sound gives none`() throws {
        let folder = try TemporaryFolder()
        try MediaTools.ffmpeg(
            "-f",
            "lavfi",
            "-i",
            "testsrc2=s=64x64:r=25:d=1",
            "-c:v",
            "mpeg4",
            folder("in.mp4")
        )
        let written = try copy(folder("in.mp4"), to: folder("o.mkv"), start: .zero, duration: nil)
        #expect(written.frameCount == 25 && written.soundPacketCount == 0)
    }

    @Test func `sound that a container cannot hold is encoded anew`() throws {
        let folder = try TemporaryFolder()
        try source("in.mkv", ["-c:a", "wavpack"], in: folder)
        _ = try copy(folder("in.mkv"), to: folder("out.mov"), start: .zero, duration: nil)
        #expect(try MediaInfo.probe(folder("out.mov")).audio.map(\.codec) == ["aac"])
        #expect(try clicks(folder("out.mov")).count >= 6)
    }
}
