import FFmpeg
import Foundation
import TestSupport
import Testing

/// Bars of eight colours that move a little with each frame.
func barsFrame(_ index: Int, width: Int, height: Int, time: Rational) -> VideoFrame {
    let colours: [[UInt8]] = [
        [235, 235, 235], [235, 235, 16], [16, 235, 235], [16, 200, 16], [200, 16, 200],
        [220, 30, 30], [30, 30, 220], [20, 20, 20],
    ]
    var pixels: [UInt8] = []
    for row in 0..<height {
        for column in 0..<width {
            let shade = UInt8((row + index) % 8)
            pixels += colours[column * 8 / width].map { $0 - shade }
        }
    }
    return VideoFrame(time: time, width: width, height: height, pixels: pixels)
}

func readAll(_ path: String, width: Int, height: Int) throws -> [VideoFrame] {
    let reader = try FrameReader(path, FrameRequest(width: width, height: height))
    var frames: [VideoFrame] = []
    while let frame = try reader.next() { frames.append(frame) }
    return frames
}

func meanDifference(_ a: [UInt8], _ b: [UInt8]) -> Double {
    let sum = zip(a, b).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
    return Double(sum) / Double(a.count)
}

/// Whether the installed libraries can encode a codec.
func hasEncoder(_ codec: VideoSettings.Codec) -> Bool {
    guard let folder = try? TemporaryFolder() else { return false }
    let settings = VideoSettings(codec, width: 64, height: 64, timeUnit: Rational(1, 25))
    return (try? VideoWriter(folder("a.mkv"), settings)) != nil
}

struct VideoWriterTests {
    private static let cases: [(VideoSettings.Codec, String, Double)] = [
        (.h264, "a.mp4", 3), (.h264, "a.mkv", 3), (.hevc, "a.mp4", 3), (.ffv1, "a.mkv", 0),
        (.prores, "a.mov", 2),
    ].filter { hasEncoder($0.0) }

    @Test(arguments: cases)
    func `what is written is what is read`(
        codec: VideoSettings.Codec,
        name: String,
        errorMax: Double
    ) throws {
        for colour in [VideoSettings.Colour.bt601, .bt709] {
            let folder = try TemporaryFolder()
            let settings = VideoSettings(
                codec,
                width: 128,
                height: 96,
                timeUnit: Rational(1, 30000),
                frameRate: Rational(30000, 1001),
                colour: colour,
                rateFactor: codec == .h264 || codec == .hevc ? 12 : nil
            )
            let frames = (0..<7).map {
                barsFrame($0, width: 128, height: 96, time: Rational(Int64($0) * 1001, 30000))
            }
            let writer = try VideoWriter(folder(name), settings)
            for frame in frames {
                try writer.append(frame)
                #expect(!FileManager.default.fileExists(atPath: folder(name)))
            }
            let written = try writer.finish()
            #expect(written.frameCount == 7)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [name])
            let read = try readAll(folder(name), width: 128, height: 96)
            #expect(read.count == 7)
            for (frame, original) in zip(read, frames) {
                // Halved chroma runs over the borders of the bars.
                let inner = frame.pixels.indices.filter { (4..<12).contains($0 / 3 % 16) }
                let error = meanDifference(
                    inner.map { frame.pixels[$0] },
                    inner.map { original.pixels[$0] }
                )
                #expect(error <= errorMax, "\(codec) \(colour)")
                let late = (frame.time - original.time).double.magnitude
                #expect(late < (name.hasSuffix("mkv") ? 0.001 : 1e-9))
            }
        }
    }

    @Test(.enabled(if: hasEncoder(.h264), "no encoder for h264"))
    func `times that vary are kept exactly`() throws {
        let folder = try TemporaryFolder()
        let times = [0, 20, 60, 65, 165, 166, 900, 905].map { Rational(Int64($0), 600) }
        let unit = VideoSettings.timeUnit(of: times)
        #expect(unit == Rational(1, 600))
        let settings = VideoSettings(.h264, width: 64, height: 64, timeUnit: unit)
        let writer = try VideoWriter(folder("a.mp4"), settings)
        for (index, time) in times.enumerated() {
            try writer.append(barsFrame(index, width: 64, height: 64, time: time))
        }
        #expect(try writer.finish().lastTime == Rational(905, 600))
        #expect(try readAll(folder("a.mp4"), width: 64, height: 64).map(\.time) == times)
        let early = try VideoWriter(folder("b.mp4"), settings)
        try early.append(barsFrame(0, width: 64, height: 64, time: Rational(1)))
        #expect(throws: FFmpegError.self) {
            try early.append(barsFrame(0, width: 64, height: 64, time: Rational(1)))
        }
    }

    @Test(.enabled(if: hasEncoder(.h264), "no encoder for h264"))
    func `odd sides are made even by repeating the border`() throws {
        let folder = try TemporaryFolder()
        let settings = VideoSettings(.h264, width: 33, height: 17, timeUnit: Rational(1, 25))
        let writer = try VideoWriter(folder("a.mp4"), settings)
        let frame = barsFrame(0, width: 33, height: 17, time: .zero)
        try writer.append(frame)
        _ = try writer.finish()
        let video = try MediaInfo.probe(folder("a.mp4")).video
        #expect((video.width, video.height) == (34, 18))
    }

    @Test func `pictures go into a folder`() throws {
        let folder = try TemporaryFolder()
        let settings = VideoSettings(.png, width: 20, height: 11, timeUnit: Rational(1, 25))
        let writer = try VideoWriter(folder("frames/"), settings)
        let frames = (0..<3).map {
            barsFrame($0, width: 20, height: 11, time: Rational(Int64($0), 25))
        }
        for frame in frames { try writer.append(frame) }
        #expect(!FileManager.default.fileExists(atPath: folder("frames")))
        #expect(try writer.finish().frameCount == 3)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder("frames")).sorted()
        #expect(names == ["00000.png", "00001.png", "00002.png"])
        for (name, frame) in zip(names, frames) {
            let image = try StillImage.read(folder("frames/\(name)"), sideMax: 100)
            #expect(image.pixels == frame.pixels)
        }
        // A second run takes the place of the first, but not of anything else.
        let again = try VideoWriter(folder("frames"), settings)
        try again.append(frames[2])
        #expect(try again.finish().frameCount == 1)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder("frames")) == ["00000.png"]
        )
        _ = try folder.write("mine", to: "frames/notes.txt")
        #expect(throws: FFmpegError.self) { try VideoWriter(folder("frames"), settings) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["frames"])
    }

    @Test func `what cannot be written is refused before the first frame`() throws {
        let folder = try TemporaryFolder()
        _ = try folder.write("text", to: "file")
        let unit = Rational(1, 25)
        func reason(_ name: String, _ codec: VideoSettings.Codec, factor: Int? = nil) -> String {
            var settings = VideoSettings(codec, width: 64, height: 64, timeUnit: unit)
            settings.rateFactor = factor
            do {
                _ = try VideoWriter(folder(name), settings)
                return "none"
            } catch {
                return error.description.replacing(folder.path, with: "F")
            }
        }
        let usual = "expected a name that ends in .mp4, .mov or .mkv"
        #expect(
            reason("a.xyz", .ffv1) == "write F/a.xyz: no container is known by that name, \(usual)"
        )
        #expect(reason("a.avi", .ffv1) == "write F/a.avi: avi keeps no exact times, \(usual)")
        #expect(reason("a.mp4", .prores) == "write F/a.mp4: mp4 cannot hold prores, \(usual)")
        #expect(reason("no/a.mkv", .ffv1) == "create F/no/a.mkv: No such file or directory")
        #expect(reason("file/a.mkv", .ffv1) == "create F/file/a.mkv: Not a directory")
        #expect(
            reason("a.mkv", .ffv1, factor: 20)
                == "write F/a.mkv: ffv1 has no constant rate factor"
        )
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["file"])
        #expect(reason("a.mkv", .ffv1) == "none")
    }

    @Test func `a writer that is let go leaves what was there`() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("old", to: "a.mkv")
        do {
            let settings = VideoSettings(.ffv1, width: 64, height: 64, timeUnit: Rational(1, 25))
            let writer = try VideoWriter(path, settings)
            try writer.append(barsFrame(0, width: 64, height: 64, time: .zero))
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a.mkv"])
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
    }

    @Test func `what a killed process left is removed, what a living one writes is not`() throws {
        let folder = try TemporaryFolder()
        for name in [".a.4711-3.mkv", ".a.b-3.mkv", ".a.4711-3.mp4", ".ab.1-1.mkv"] {
            _ = try folder.write("left", to: name)
        }
        let settings = VideoSettings(.ffv1, width: 64, height: 64, timeUnit: Rational(1, 25))
        let living = try VideoWriter(folder("a.mkv"), settings)
        let second = try VideoWriter(folder("a.mkv"), settings)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(names.count == 5 && !names.contains(".a.4711-3.mkv"))
        for writer in [living, second] {
            try writer.append(barsFrame(0, width: 64, height: 64, time: .zero))
            #expect(try writer.finish().frameCount == 1)
        }
    }

    @Test func `no frame makes no file`() throws {
        let folder = try TemporaryFolder()
        let settings = VideoSettings(.ffv1, width: 64, height: 64, timeUnit: Rational(1, 25))
        let writer = try VideoWriter(folder("a.mkv"), settings)
        #expect(throws: FFmpegError.self) { try writer.finish() }
    }

    /// The limit on a file's size stands for the disk's.
    @Test func `a disk without room is one sentence and no file`() async {
        await #expect(processExitsWith: .success) {
            signal(SIGXFSZ, SIG_IGN)
            let folder = try TemporaryFolder()
            var limit = rlimit(rlim_cur: 30_000, rlim_max: 30_000)
            setrlimit(__rlimit_resource_t(1), &limit)
            let settings = VideoSettings(.ffv1, width: 256, height: 256, timeUnit: Rational(1, 25))
            let writer = try VideoWriter(folder("a.mkv"), settings)
            var found = ""
            do {
                for index in 0..<20 {
                    let time = Rational(Int64(index), 25)
                    try writer.append(barsFrame(index, width: 256, height: 256, time: time))
                }
                _ = try writer.finish()
            } catch let error as FFmpegError {
                found = error.description
            }
            try #require(found == "write \(folder("a.mkv")): File too large")
            try #require(!FileManager.default.fileExists(atPath: folder("a.mkv")))
        }
    }
}
