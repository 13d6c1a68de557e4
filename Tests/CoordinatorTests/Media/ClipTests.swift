import Coordinator
import FFmpeg
import TestSupport
import Testing
import WireProtocol

/// Real footage from planning to the finished file, where the clips are there.
@Suite(.enabled(if: MediaTools.clip("rabbit320.mp4") != nil, "the shared clips are not there"))
struct ClipTests {
    @Test(arguments: [("rabbit", 234), ("frog", 248), ("pig", 196), ("rabbit320", 234)])
    func `a clip is one shot and its copy has its frames, times and sound`(
        name: String,
        count: Int
    ) throws {
        let input = try #require(MediaTools.clip("\(name).mp4"))
        let folder = try TemporaryFolder()
        var job = TestVideo.job(input, output: folder("out.mov"))
        (job.width, job.height, job.codec) = (192, 128, "prores")
        let shots = try TestVideo.plan(job)
        #expect(shots.count == 1 && shots[0].isLast && shots[0].damage == nil)
        let times = shots[0].times
        #expect(times == (0..<count).map { Rational(Int64($0), 30) })
        let source = SourceFrames(try JobVideo(job))
        let written = try Assembly(job, times: times).run(
            isAbandoned: { false },
            progress: { _ in },
            chunk: { try source.read(Array(times[$0..<min($0 + 8, count)])) }
        )
        #expect(written?.frameCount == count)
        #expect(written?.lastTime == times.last)
        let before = try MediaInfo.probe(input)
        let after = try MediaInfo.probe(folder("out.mov"))
        let frame = 1.0 / 30
        func seconds(_ duration: Rational?) throws -> Double { try #require(duration).double }
        let video = try seconds(after.video.duration) - seconds(before.video.duration)
        #expect(abs(video) < frame)
        let sound =
            try seconds(after.audio.first?.duration)
            - seconds(before.audio.first?.duration)
        #expect(abs(sound) < frame)
        #expect(after.audio.map(\.codec) == before.audio.map(\.codec))
        #expect(written?.soundPacketCount ?? 0 > 200)
        let whole = try seconds(after.duration) - seconds(before.duration)
        #expect(abs(whole) < frame)
    }
}
