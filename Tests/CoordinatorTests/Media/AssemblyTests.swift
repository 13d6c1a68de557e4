import Coordinator
import FFmpeg
import Foundation
import TestSupport
import Testing
import WireProtocol

private struct Lost: Error {}

struct AssemblyTests {
    /// Gives frames in chunks of eight, as decode units do.
    private func chunk(from first: Int, of count: Int) -> [UInt8] {
        (first..<min(first + 8, count)).flatMap { TestVideo.pixels($0) }
    }

    @Test func `the output has all frames at their times`() throws {
        let folder = try TemporaryFolder()
        let times = [0, 40, 80, 200, 210, 300, 340, 380, 420, 1000, 1040].map {
            Rational($0 + 120, 1000)
        }
        try TestVideo.write(folder("in.mkv"), times: TestVideo.regular(3))
        let job = TestVideo.job(folder("in.mkv"), output: folder("out.mkv"))
        var told: [Int] = []
        let written = try Assembly(job, times: times).run(
            isAbandoned: { false },
            progress: { told.append($0) },
            chunk: { first in
                #expect(!FileManager.default.fileExists(atPath: folder("out.mkv")))
                return chunk(from: first, of: times.count)
            }
        )
        #expect(written?.frameCount == times.count)
        #expect(told == [8, 11])
        let request = try FrameRequest(width: TestVideo.width, height: TestVideo.height)
        let reader = try FrameReader(folder("out.mkv"), request)
        for (index, time) in times.enumerated() {
            let frame = try #require(try reader.next())
            #expect(frame.time == time - times[0])
            #expect(frame.pixels == TestVideo.pixels(index))
        }
        #expect(try reader.next() == nil)
    }

    @Test func `what stops an assembly leaves no file`() throws {
        let folder = try TemporaryFolder()
        try TestVideo.write(folder("in.mkv"), times: TestVideo.regular(3))
        let job = TestVideo.job(folder("in.mkv"), output: folder("out.mkv"))
        let assembly = try Assembly(job, times: TestVideo.regular(20))
        var asked = 0
        let abandoned = try assembly.run(
            isAbandoned: {
                asked += 1
                return asked > 10
            },
            progress: { _ in },
            chunk: { chunk(from: $0, of: 20) }
        )
        #expect(abandoned == nil)
        #expect(throws: Lost.self) {
            try assembly.run(
                isAbandoned: { false },
                progress: { _ in },
                chunk: { first in
                    if first > 0 { throw Lost() }
                    return chunk(from: first, of: 20)
                }
            )
        }
        for bytes in [0, 5, 21 * TestVideo.pixels(0).count] {
            #expect(throws: JobMediaError.self) {
                try assembly.run(
                    isAbandoned: { false },
                    progress: { _ in },
                    chunk: { _ in [UInt8](repeating: 0, count: bytes) }
                )
            }
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(names == ["in.mkv"])
    }
}
