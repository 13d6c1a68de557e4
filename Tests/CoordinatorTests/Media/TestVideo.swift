import Coordinator
import FFmpeg
import TestSupport
import WireProtocol

/// Videos whose frames are all different, made by the writer itself, without loss.
enum TestVideo {
    static let width = 64
    static let height = 48

    /// Bytes of a frame: noise of its scene, brighter by its number.
    static func pixels(_ index: Int, scene: Int = 0) -> [UInt8] {
        var generator = SeededGenerator(seed: UInt64(scene))
        return (0..<width * height * 3).map { _ in
            UInt8(Int.random(in: 0...180, using: &generator) + index % 70)
        }
    }

    /// Writes frames at times, with a cut before each frame of `cuts`.
    static func write(_ path: String, times: [Rational], cuts: [Int] = []) throws {
        let settings = VideoSettings(
            .ffv1,
            width: width,
            height: height,
            timeUnit: Rational(1, 1000)
        )
        let writer = try VideoWriter(path, settings)
        for (index, time) in times.enumerated() {
            try writer.append(
                VideoFrame(
                    time: time,
                    width: width,
                    height: height,
                    pixels: pixels(index, scene: cuts.count { $0 <= index })
                )
            )
        }
        _ = try writer.finish()
    }

    /// Frames of 40 ms.
    static func regular(_ count: Int) -> [Rational] {
        (0..<count).map { Rational(Int64($0) * 40, 1000) }
    }

    /// A job over a file.
    static func job(_ input: String, output: String) -> JobSpecification {
        var job = JobSpecification()
        job.input = input
        job.output = output
        job.codec = "ffv1"
        job.width = UInt32(width)
        job.height = UInt32(height)
        job.steps = 6
        return job
    }

    /// All that planning reports.
    static func plan(_ job: JobSpecification) throws -> [PlannedShots] {
        var reports: [PlannedShots] = []
        try ShotPlanner(job).run(
            isAbandoned: { false },
            report: { reports.append($0) }
        )
        return reports
    }
}
