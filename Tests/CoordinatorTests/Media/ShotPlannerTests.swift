import Coordinator
import Diffusion
import FFmpeg
import Foundation
import Scheduling
import TestSupport
import Testing
import WireProtocol

struct ShotPlannerTests {
    @Test func `each shot is told when the next one starts, and windows stay inside`() throws {
        let folder = try TemporaryFolder()
        let times = TestVideo.regular(61)
        try TestVideo.write(folder("in.mkv"), times: times, cuts: [1, 6, 40, 60])
        var job = TestVideo.job(folder("in.mkv"), output: folder("out.mkv"))
        job.fuseEvery = 2
        job.fuseUntil = 1
        let reports = try TestVideo.plan(job)
        #expect(reports.map { $0.outlines.map(\.firstFrame) } == [[0], [1], [6], [40], [60]])
        #expect(reports.map(\.isLast) == [false, false, false, false, true])
        #expect(reports.flatMap(\.times) == times)
        #expect(reports.allSatisfy { $0.damage == nil })
        for (report, count) in zip(reports, [1, 5, 34, 20, 1]) {
            let work = report.outlines[0].work
            let windows = try WindowPlan(frameCount: count, length: 16, overlap: 8).windows
            #expect(work.frameCount == count && work.windows == windows)
            #expect(work.rounds == [0..<2, 2..<4, 4..<6])
            #expect(report.times.count == count)
        }
        #expect(try TestVideo.plan(job) == reports)
    }

    @Test func `one long take is one shot`() throws {
        let folder = try TemporaryFolder()
        try TestVideo.write(folder("in.mkv"), times: TestVideo.regular(50))
        var job = TestVideo.job(folder("in.mkv"), output: folder("out.mkv"))
        job.fuseEvery = 0
        job.strength = 0.5
        let reports = try TestVideo.plan(job)
        #expect(reports.count == 1 && reports[0].isLast)
        #expect(reports[0].outlines[0].work.rounds == [3..<6])
    }

    @Test func `a rate and a span choose the frames`() throws {
        let folder = try TemporaryFolder()
        try TestVideo.write(folder("in.mkv"), times: TestVideo.regular(50))
        var job = TestVideo.job(folder("in.mkv"), output: folder("out.mkv"))
        job.frameRate = WireRational(10, 1)
        job.start = WireRational(1, 2)
        job.duration = WireRational(1, 1)
        let reports = try TestVideo.plan(job)
        #expect(reports.flatMap(\.times) == (0..<10).map { Rational($0, 10) })
    }

    @Test func `an abandoned planning reports nothing more`() throws {
        let folder = try TemporaryFolder()
        try TestVideo.write(folder("in.mkv"), times: TestVideo.regular(20), cuts: [4, 12])
        let job = TestVideo.job(folder("in.mkv"), output: folder("out.mkv"))
        var reports: [PlannedShots] = []
        try ShotPlanner(job).run(
            isAbandoned: { reports.count == 1 },
            report: { reports.append($0) }
        )
        #expect(reports.count == 1)
    }

    @Test func `what cannot be is one sentence before any frame`() throws {
        let folder = try TemporaryFolder()
        try TestVideo.write(folder("in.mkv"), times: TestVideo.regular(3))
        _ = try folder.write(SyntheticMedia.wav(samples: 800), to: "sound.wav")
        _ = try folder.write("text", to: "text.mp4")
        func reason(_ change: (inout JobSpecification) -> Void) -> String {
            var job = TestVideo.job(folder("in.mkv"), output: folder("out.mkv"))
            change(&job)
            do {
                try ShotPlanner(job).run(isAbandoned: { false }, report: { _ in })
                return "none"
            } catch {
                return "\(error)".replacing(folder.path, with: "F")
            }
        }
        #expect(reason { _ in } == "none")
        #expect(
            reason { $0.input = folder("no.mkv") } == "open F/no.mkv: No such file or directory"
        )
        #expect(
            reason { $0.input = folder("text.mp4") }
                == "open F/text.mp4: Invalid data found when processing input"
        )
        #expect(
            reason { $0.input = folder("sound.wav") }
                == "read F/sound.wav: no video stream, found audio pcm_s16le"
        )
        #expect(
            reason { $0.output = folder("none/out.mkv") }
                == "create F/none/out.mkv: No such file or directory"
        )
        #expect(
            reason { $0.output = folder("out.xyz") }.hasPrefix(
                "write F/out.xyz: no container is known by that name"
            )
        )
        #expect(
            reason { $0.image = folder("text.mp4") }
                == "open F/text.mp4: Invalid data found when processing input"
        )
        #expect(reason { $0.start = WireRational(60, 1) } == "F/in.mkv has no frame from 60.0 s on")
        #expect(reason { $0.codec = "theora" }.hasPrefix("codec theora: expected one of h264"))
        #expect(reason { $0.strength = 0.1 }.hasSuffix("no step is left to run"))
        #expect(reason { $0.overlap = 16 }.hasPrefix("overlap 16"))
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
                == ["in.mkv", "sound.wav", "text.mp4"]
        )
    }
}
