import FFmpeg
import Glibc
import TestSupport
import Testing

private func error(probing path: String) -> FFmpegError? {
    #expect(throws: FFmpegError.self) { try MediaInfo.probe(path) }
}

struct InputFileTests {
    @Test func `a file says what is in it`() throws {
        let folder = try TemporaryFolder()
        let bytes = SyntheticMedia.y4m(width: 31, height: 18, frames: 5, rate: (30000, 1001))
        let info = try MediaInfo.probe(try folder.write(bytes, to: "a.y4m"))
        #expect(info.container == "yuv4mpegpipe")
        #expect(info.audio.isEmpty)
        #expect(info.video.codec == "rawvideo")
        #expect(info.video.width == 31 && info.video.height == 18)
        #expect(info.video.pixelFormat == "yuv420p" && info.video.bitDepth == 8)
        #expect(info.video.pixelAspect == Rational(1))
        #expect(info.video.frameRate == Rational(30000, 1001))
        #expect(info.video.rotationDegrees == 0)
    }

    @Test func `deeper samples are told`() throws {
        let folder = try TemporaryFolder()
        let bytes = SyntheticMedia.y4m(
            width: 16,
            height: 16,
            frames: 1,
            colourSpace: "420p10 XYSCSS=420P10",
            pictureBytes: 768
        )
        let info = try MediaInfo.probe(try folder.write(bytes, to: "deep.y4m"))
        #expect(info.video.pixelFormat == "yuv420p10le" && info.video.bitDepth == 10)
    }

    /// The picture is stored lying down; what counts is how it is shown.
    @Test(arguments: 0..<4)
    func `rotation turns the size`(quarterTurns: Int) throws {
        let folder = try TemporaryFolder()
        let bytes = SyntheticMedia.movie(
            width: 24,
            height: 10,
            timescale: 600,
            frameTicks: [20, 20, 20],
            quarterTurns: quarterTurns
        )
        let video = try MediaInfo.probe(try folder.write(bytes, to: "turned.mov")).video
        #expect(video.rotationDegrees == quarterTurns * 90)
        #expect((video.storedWidth, video.storedHeight) == (24, 10))
        #expect((video.width, video.height) == (quarterTurns % 2 == 0 ? (24, 10) : (10, 24)))
    }

    @Test func `times and counts of a container are exact`() throws {
        let folder = try TemporaryFolder()
        let bytes = SyntheticMedia.movie(
            width: 8,
            height: 8,
            timescale: 24000,
            frameTicks: [1001, 1001, 1001, 1001]
        )
        let info = try MediaInfo.probe(try folder.write(bytes, to: "film.mov"))
        #expect(info.video.frameCount == 4)
        #expect(info.video.timeBase == Rational(1, 24000))
        #expect(info.video.duration == Rational(4004, 24000))
        #expect(info.video.frameRate == Rational(24000, 1001))
    }

    @Test func `a file of sound alone has no video`() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(SyntheticMedia.wav(samples: 800), to: "sound.wav")
        let error = error(probing: path)
        #expect(error?.code == .noVideo(found: "audio pcm_s16le"))
        #expect(error?.description == "read \(path): no video stream, found audio pcm_s16le")
    }

    @Test func `a missing file is an error that names it`() {
        let error = error(probing: "/nonexistent/a.mp4")
        #expect(error?.isMissingFile == true)
        #expect(error?.description == "open /nonexistent/a.mp4: No such file or directory")
    }

    @Test func `a file without a media format is an error`() throws {
        let folder = try TemporaryFolder()
        for (name, bytes) in [("empty", []), ("text.mp4", Array("not a video\n".utf8))] {
            let path = try folder.write(bytes, to: name)
            let error = error(probing: path)
            #expect(error?.isMissingFile == false)
            #expect(error?.description == "open \(path): Invalid data found when processing input")
        }
    }

    @Test func `names that look like addresses are files`() {
        let error = error(probing: "http://127.0.0.1:1/a.mp4")
        #expect(error?.isMissingFile == true)
    }

    /// Every prefix of a real file, and files with bytes changed: an answer or an error, no crash.
    @Test func `damaged files do no harm`() throws {
        let folder = try TemporaryFolder()
        let whole = SyntheticMedia.movie(
            width: 8,
            height: 8,
            timescale: 600,
            frameTicks: [20, 20],
            quarterTurns: 1
        )
        var generator = SeededGenerator(seed: 4)
        var refused = 0
        for round in 0..<300 {
            var bytes = whole
            if round % 2 == 0 {
                bytes.removeLast(Int.random(in: 1...whole.count, using: &generator))
            } else {
                for _ in 0..<8 {
                    let position = Int.random(in: 0..<bytes.count, using: &generator)
                    bytes[position] = UInt8.random(in: 0...255, using: &generator)
                }
            }
            do {
                let info = try MediaInfo.probe(try folder.write(bytes, to: "damaged.mov"))
                #expect(info.video.width > 0 && info.video.height > 0)
            } catch is FFmpegError {
                refused += 1
            }
        }
        #expect(refused > 30 && refused < 300)
    }
}
