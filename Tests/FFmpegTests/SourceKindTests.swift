import FFmpeg
import Foundation
import TestSupport
import Testing

/// Sources as cameras and other software make them, by the ffmpeg tool.
@Suite(.enabled(if: MediaTools.areInstalled, "the ffmpeg tool is not installed"))
struct SourceKindTests {
    private func frames(_ path: String, _ width: Int, _ height: Int) throws -> [VideoFrame] {
        try readAll(path, width: width, height: height)
    }

    @Test(arguments: [90, 180, 270])
    func `rotated pictures come out upright`(degrees: Int) throws {
        let folder = try TemporaryFolder()
        try MediaTools.ffmpeg(
            "-f",
            "lavfi",
            "-i",
            "testsrc2=s=96x64:r=5:d=1,gblur=sigma=5",
            "-c:v",
            "libx264",
            "-qp",
            "0",
            folder("flat.mp4")
        )
        try MediaTools.ffmpeg(
            "-i",
            folder("flat.mp4"),
            "-c",
            "copy",
            "-metadata:s:v",
            "rotate=\(degrees)",
            folder("turned.mp4")
        )
        let video = try MediaInfo.probe(folder("turned.mp4")).video
        // The tool's tag counts the other way.
        #expect(video.rotationDegrees == 360 - degrees)
        #expect((video.width, video.height) == (degrees == 180 ? (96, 64) : (64, 96)))
        let all = try frames(folder("turned.mp4"), video.width, video.height)
        let tool = try MediaTools.pixels(folder("turned.mp4"))
        #expect(all.count == 5)
        #expect(meanDifference(all.flatMap(\.pixels), tool) < 3)
    }

    @Test func `pictures that change their size fill the frame`() throws {
        let folder = try TemporaryFolder()
        for (name, size) in [("a", "64x48"), ("b", "32x80"), ("c", "64x48")] {
            try MediaTools.ffmpeg(
                "-f",
                "lavfi",
                "-i",
                "color=red:s=\(size):r=10:d=0.5",
                "-c:v",
                "mjpeg",
                folder("\(name).mjpeg")
            )
        }
        var bytes = Data()
        for name in ["a", "b", "c"] {
            bytes += try Data(contentsOf: URL(filePath: folder("\(name).mjpeg")))
        }
        let path = try folder.write([UInt8](bytes), to: "all.mjpeg")
        let all = try frames(path, 40, 40)
        #expect(all.count == 15)
        #expect(zip(all, all.dropFirst()).allSatisfy { $0.time < $1.time })
        for frame in all {
            let red = frame.pixels.enumerated().filter { $0.offset % 3 == 0 }
            #expect(red.allSatisfy { $0.element > 225 })
        }
    }

    /// A line that moves sideways is a comb where fields are woven.
    @Test func `only pictures that are flagged as interlaced are deinterlaced`() throws {
        let folder = try TemporaryFolder()
        let source = [
            "-f", "lavfi", "-i",
            "color=black:s=96x64:r=50:d=0.8[a];color=white:s=12x64:r=50[b];"
                + "[a][b]overlay=x=n*2:shortest=1,tinterlace=interleave_top",
        ]
        let encoder = ["-c:v", "libx264", "-qp", "0"]
        try MediaTools.ffmpeg(source + encoder + ["-flags", "+ilme+ildct", folder("i.mp4")])
        try MediaTools.ffmpeg(
            source + encoder + ["-x264-params", "fake-interlaced=0", folder("p.mp4")]
        )
        func comb(_ path: String) throws -> Double {
            let frames = try frames(path, 96, 64)
            #expect(frames.count == 20)
            let frame = frames[10]
            var sum = 0
            for row in 8..<56 {
                for column in 0..<96 * 3 {
                    let at = row * 96 * 3 + column
                    let between = (Int(frame.pixels[at - 288]) + Int(frame.pixels[at + 288])) / 2
                    sum += abs(Int(frame.pixels[at]) - between)
                }
            }
            return Double(sum) / Double(48 * 96 * 3)
        }
        let woven = try comb(folder("p.mp4"))
        let smooth = try comb(folder("i.mp4"))
        #expect(woven > 4 && smooth < woven / 4, "\(woven), \(smooth)")
    }

    @Test func `a cover image is no video, and the first video counts`() throws {
        let folder = try TemporaryFolder()
        for (name, colour, size, codec) in [
            ("c.png", "red", 32, "png"), ("v.mp4", "blue", 64, "mpeg4"),
            ("w.mp4", "lime", 48, "mpeg4"),
        ] {
            let source = "color=\(colour):s=\(size)x\(size):r=10"
            let count = codec == "png" ? "1" : "5"
            let options = ["-f", "lavfi", "-i", source, "-frames:v", count, "-c:v", codec]
            try MediaTools.ffmpeg(options + [folder(name)])
        }
        let inputs = ["-i", folder("c.png"), "-i", folder("v.mp4"), "-i", folder("w.mp4")]
        let maps = ["-map", "0", "-map", "1", "-map", "2", "-c", "copy"]
        try MediaTools.ffmpeg(
            inputs + maps + ["-disposition:v:0", "attached_pic", folder("a.mp4")]
        )
        let info = try MediaInfo.probe(folder("a.mp4"))
        #expect((info.video.width, info.video.height) == (64, 64))
        let all = try frames(folder("a.mp4"), 16, 16)
        #expect(all.count == 5)
        #expect(all.allSatisfy { $0.pixels[2] > 230 && $0.pixels[0] < 20 })
    }

    @Test func `colours of pictures with alpha are taken as they are stored`() throws {
        let folder = try TemporaryFolder()
        try MediaTools.ffmpeg(
            "-f",
            "lavfi",
            "-i",
            "color=0x4080C0:s=16x16,format=rgba,colorchannelmixer=aa=0.25",
            "-frames:v",
            "1",
            folder("a.png")
        )
        let image = try StillImage.read(folder("a.png"), sideMax: 16)
        #expect(Array(image.pixels.prefix(3)) == [0x40, 0x80, 0xC0])
    }
}
