import FFmpeg
import TestSupport
import Testing

/// All frames of a request.
private func frames(_ path: String, _ request: FrameRequest) throws -> [VideoFrame] {
    let reader = try FrameReader(path, request)
    var result: [VideoFrame] = []
    while let frame = try reader.next() { result.append(frame) }
    return result
}

/// Middles of the thirds of a picture, which tests paint in different colours.
private func sample(_ frame: VideoFrame, x: Double, y: Double) -> [Int] {
    let column = Int(x * Double(frame.width))
    let row = Int(y * Double(frame.height))
    let start = (row * frame.width + column) * 3
    return frame.pixels[start..<start + 3].map(Int.init)
}

private func isNear(_ a: [Int], _ b: [Int], within: Int = 6) -> Bool {
    zip(a, b).allSatisfy { abs($0 - $1) <= within }
}

struct FrameReaderTests {
    @Test func `every frame comes with its exact time`() throws {
        let folder = try TemporaryFolder()
        let bytes = SyntheticMedia.y4m(width: 31, height: 18, frames: 7, rate: (30000, 1001))
        let path = try folder.write(bytes, to: "a.y4m")
        let all = try frames(path, FrameRequest(width: 31, height: 18))
        #expect(all.map(\.time) == (0..<7).map { Rational($0 * 1001, 30000) })
        #expect(all.allSatisfy { $0.duration == Rational(1001, 30000) })
        let first = all.map { Int($0.pixels[0]) }
        #expect(zip(first, first.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test func `times that vary are kept`() throws {
        let folder = try TemporaryFolder()
        let ticks = [20, 40, 5, 100, 33]
        let bytes = SyntheticMedia.movie(width: 8, height: 8, timescale: 600, frameTicks: ticks)
        let path = try folder.write(bytes, to: "a.mov")
        let all = try frames(path, FrameRequest(width: 8, height: 8))
        #expect(all.map(\.time) == [0, 20, 60, 65, 165].map { Rational($0, 600) })
        #expect(all.map(\.duration) == ticks.map { Rational(Int64($0), 600) })
        #expect(all.allSatisfy { $0.pixels.allSatisfy { $0 == 90 } })
    }

    @Test(arguments: [(0, 1), (1, 3), (7, 25), (1, 2), (1, 1)])
    func `a start and a length choose the frames between`(numerator: Int64, denominator: Int64)
        throws
    {
        let folder = try TemporaryFolder()
        let bytes = SyntheticMedia.y4m(width: 16, height: 8, frames: 25)
        let path = try folder.write(bytes, to: "a.y4m")
        let start = Rational(numerator, denominator)
        let request = try FrameRequest(
            width: 16,
            height: 8,
            start: start,
            duration: Rational(1, 5)
        )
        let all = try frames(path, request)
        let whole = try frames(path, FrameRequest(width: 16, height: 8))
        let expected = whole.filter { $0.time >= start && $0.time < start + Rational(1, 5) }
        #expect(all.map { $0.time + start } == expected.map(\.time))
        #expect(all.map(\.pixels) == expected.map(\.pixels))
    }

    @Test func `a start after the end gives no frame`() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(SyntheticMedia.y4m(width: 8, height: 8, frames: 3), to: "a.y4m")
        for rate in [nil, Rational(10)] {
            let request = try FrameRequest(
                width: 8,
                height: 8,
                start: Rational(60),
                frameRate: rate
            )
            #expect(try frames(path, request).isEmpty)
        }
    }

    @Test(arguments: [1, 5, 24, 25, 30, 60])
    func `another rate shows the nearest frame`(rate: Int64) throws {
        let folder = try TemporaryFolder()
        let bytes = SyntheticMedia.y4m(width: 8, height: 8, frames: 50)
        let path = try folder.write(bytes, to: "a.y4m")
        let own = try frames(path, FrameRequest(width: 8, height: 8))
        let request = try FrameRequest(width: 8, height: 8, frameRate: Rational(rate))
        let all = try frames(path, request)
        #expect(all.map(\.time) == (0..<2 * rate).map { Rational($0, rate) })
        for frame in all {
            let distances = own.map { ($0.time - frame.time).double.magnitude }
            let nearest = distances.min() ?? 0
            let shown = own.firstIndex { $0.pixels == frame.pixels } ?? 0
            #expect(distances[shown] < nearest + 1e-9, "at \(frame.time)")
        }
    }

    @Test func `a seek goes on with the first frame at or after its time`() throws {
        let folder = try TemporaryFolder()
        let bytes = SyntheticMedia.y4m(width: 16, height: 16, frames: 40)
        let path = try folder.write(bytes, to: "a.y4m")
        for rate in [nil, Rational(60)] {
            let request = try FrameRequest(
                width: 16,
                height: 16,
                start: Rational(1, 10),
                frameRate: rate
            )
            let all = try frames(path, request)
            let reader = try FrameReader(path, request)
            for index in [0, 30, 7, all.count - 1, 8, 8] {
                try reader.seek(to: all[index].time)
                #expect(try reader.next() == all[index])
                if index + 1 < all.count { #expect(try reader.next() == all[index + 1]) }
            }
            try reader.seek(to: all[5].time - Rational(1, 1000))
            #expect(try reader.next() == all[5])
        }
    }

    @Test(arguments: [1, 600, 16_777_259, 2_147_483_629])
    func `times that no camera writes do no harm`(timescale: Int) throws {
        let folder = try TemporaryFolder()
        for ticks in [[1, 1, 1], [2_147_483_647, 2_147_483_647, 1], [0, 0, 7], [1, 0, 600]] {
            let bytes = SyntheticMedia.movie(
                width: 8,
                height: 8,
                timescale: timescale,
                frameTicks: ticks
            )
            let path = try folder.write(bytes, to: "a.mov")
            for rate in [nil, Rational(1_000_000, 999_983), Rational(999, 1000)] {
                for start in [Rational.zero, Rational(1, 999_983), Rational(399_999)] {
                    let reader = try FrameReader(
                        path,
                        FrameRequest(width: 8, height: 8, start: start, frameRate: rate)
                    )
                    var last = Rational(-1)
                    do {
                        for _ in 0..<50 {
                            guard let frame = try reader.next() else { break }
                            #expect(frame.time > last)
                            last = frame.time
                            _ = VideoSettings.timeUnit(of: [frame.time, Rational(1, 999_979)])
                        }
                    } catch {
                        #expect(error.description.contains("its times run over"))
                    }
                }
            }
        }
    }

    @Test func `a request out of range is one sentence`() {
        func reason(_ make: () throws(FrameRequestError) -> FrameRequest) -> String {
            do throws(FrameRequestError) {
                _ = try make()
                return "none"
            } catch {
                return error.description
            }
        }
        let cases: [(String, String)] = [
            (
                reason { () throws(FrameRequestError) in try FrameRequest(width: 0, height: 8) },
                "size 0x8: expected sides of 1 to 16384 pixels"
            ),
            (
                reason { () throws(FrameRequestError) in
                    try FrameRequest(width: 8, height: 8, start: Rational(-1))
                },
                "start -1: expected 0 to 400000"
            ),
            (
                reason { () throws(FrameRequestError) in
                    try FrameRequest(width: 8, height: 8, frameRate: Rational(0))
                },
                "frame rate 0: expected 1/1000 to 1000"
            ),
            (
                reason { () throws(FrameRequestError) in
                    try FrameRequest(width: 8, height: 8, start: Rational(1, 1_000_001))
                },
                "start 1/1000001: expected a denominator of at most 1000000"
            ),
        ]
        for (found, expected) in cases { #expect(found == expected) }
    }

    @Test func `a size that changes the shape fills the frame`() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(
            SyntheticMedia.y4m(width: 33, height: 17, frames: 1),
            to: "a.y4m"
        )
        for (width, height) in [(1, 1), (33, 17), (64, 64), (7, 91)] {
            let all = try frames(path, FrameRequest(width: width, height: height))
            #expect(all.count == 1 && all[0].pixels.count == width * height * 3)
            let value = all[0].pixels[0]
            #expect(all[0].pixels.allSatisfy { $0 == value })
        }
    }
}

@Suite(.enabled(if: MediaTools.areInstalled, "the ffmpeg tool is not installed"))
struct FrameReaderToolTests {
    /// Three bands: red, green, blue from the left, at 64 times a factor.
    private static let bands =
        "color=red:s=32x32:r=10,format=gbrp[a];color=lime:s=32x32:r=10,format=gbrp[b];color=blue:s=32x32:r=10,format=gbrp[c];"
        + "[a][b][c]hstack=3"

    @Test(arguments: [
        ("yuv420p", "tv", "bt709"), ("yuv420p", "pc", "bt709"), ("yuv420p10le", "tv", "bt709"),
        ("yuv422p10le", "pc", "smpte170m"), ("yuv444p", "tv", "smpte170m"),
        ("yuv420p", "tv", "smpte170m"), ("gbrp", "pc", "rgb"), ("yuva420p", "tv", "smpte170m"),
    ])
    func `colours come out whatever the stored form`(
        format: String,
        range: String,
        matrix: String
    ) throws {
        let folder = try TemporaryFolder()
        let path = folder("a.mkv")
        let conversion =
            matrix == "rgb" ? "" : "scale=out_range=\(range):out_color_matrix=\(matrix),"
        try MediaTools.ffmpeg(
            "-f",
            "lavfi",
            "-i",
            Self.bands,
            "-t",
            "0.2",
            "-vf",
            "\(conversion)format=\(format)",
            "-color_range",
            range,
            "-colorspace",
            matrix,
            "-c:v",
            "ffv1",
            path
        )
        let all = try frames(path, FrameRequest(width: 96, height: 32))
        #expect(all.count == 2)
        for frame in all {
            #expect(isNear(sample(frame, x: 0.16, y: 0.5), [255, 0, 0]))
            #expect(isNear(sample(frame, x: 0.5, y: 0.5), [0, 255, 0]))
            #expect(isNear(sample(frame, x: 0.83, y: 0.5), [0, 0, 255]))
        }
    }

    /// B-frames and long groups of pictures: a jump must land before and decode forward.
    @Test(arguments: [
        ["-c:v", "libx264", "-g", "250", "-bf", "3"],
        ["-c:v", "libx264", "-g", "12", "-bf", "2", "-x264-params", "open-gop=1"],
        ["-c:v", "mpeg2video", "-g", "15", "-bf", "2", "-f", "mpegts"],
        ["-c:v", "mpeg4", "-g", "30", "-bf", "2", "-f", "avi"],
        ["-c:v", "libx264", "-g", "20", "-bf", "2", "-f", "mpegts"],
        ["-c:v", "libx265", "-x265-params", "log-level=none:keyint=20:open-gop=1"],
        ["-c:v", "libx264", "-g", "20", "-flags", "+ilme+ildct", "-vf", "interlace"],
        ["-c:v", "libx264", "-g", "30", "-f", "matroska"],
        ["-c:v", "libx264", "-f", "h264"],
    ])
    func `a jump shows the pictures that playing shows`(encoder: [String]) throws {
        let folder = try TemporaryFolder()
        let path = folder("a.mp4")
        let source = ["-f", "lavfi", "-i", "testsrc2=s=96x64:r=30:d=4"]
        try MediaTools.ffmpeg(source + encoder + [path])
        let request = try FrameRequest(width: 96, height: 64)
        let all = try frames(path, request)
        #expect(all.count == (encoder.contains("interlace") ? 60 : 120))
        for (index, start) in [50, 3, 59, 17, 31, 30, 0].enumerated() {
            let reader = try FrameReader(path, request)
            if index % 2 == 0 { _ = try reader.next() }
            try reader.seek(to: all[start].time)
            for expected in all[start..<min(start + 3, all.count)] {
                let frame = try reader.next()
                #expect(frame?.time == expected.time, "\(encoder) frame \(start)")
                #expect(frame?.pixels == expected.pixels, "\(encoder) frame \(start)")
            }
        }
    }
}
