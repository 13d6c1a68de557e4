import Coordinator
import FFmpeg
import TestSupport
import Testing
import WireProtocol

struct SourceFramesTests {
    @Test func `frames come by their times in any order`() throws {
        let folder = try TemporaryFolder()
        var generator = SeededGenerator(seed: 3)
        var times = [Rational.zero]
        for _ in 1..<120 {
            times.append(
                (times.last ?? .zero) + Rational(.random(in: 5...90, using: &generator), 1000)
            )
        }
        try TestVideo.write(folder("in.mkv"), times: times)
        let job = TestVideo.job(folder("in.mkv"), output: folder("out.mkv"))
        let source = SourceFrames(try JobVideo(job))
        for start in [0, 8, 16, 8, 100, 3, 119, 60, 61, 0] {
            let range = start..<min(start + 8, times.count)
            let bytes = try source.read(Array(times[range]))
            #expect(bytes == range.flatMap { TestVideo.pixels($0) })
        }
    }

    @Test func `a time that is not in the file is an error`() throws {
        let folder = try TemporaryFolder()
        try TestVideo.write(folder("in.mkv"), times: TestVideo.regular(10))
        let job = TestVideo.job(folder("in.mkv"), output: folder("out.mkv"))
        let source = SourceFrames(try JobVideo(job))
        for time in [Rational(1, 100), Rational(50)] {
            let error = #expect(throws: JobMediaError.self) { try source.read([time]) }
            #expect(error?.description.contains("no frame at \(time.double) s any more") == true)
        }
        #expect(try source.read([.zero]) == TestVideo.pixels(0))
    }
}
