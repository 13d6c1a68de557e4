import Diffusion
package import FFmpeg
package import Scheduling
package import WireProtocol

/// Shots that planning has found, with the times of their frames.
package struct PlannedShots: Hashable, Sendable {
    /// In order, following those reported before.
    package let outlines: [ShotOutline]
    /// When each frame of these shots is shown, in seconds from the start of what is rendered.
    package let times: [Rational]
    /// Whether there are no more.
    package let isLast: Bool
    /// What of the input could not be read, as a sentence for the job's history; told at the end.
    package let damage: String?
}

/// Finds the shots of a job's input and lays out their windows.
///
/// The same input gives the same shots, so that planning may start over after a restart.
package struct ShotPlanner: Sendable {
    private let video: JobVideo
    private let job: JobSpecification
    private let rounds: [Range<Int>]

    /// Judges the numbers of a job.
    ///
    /// - Throws: `JobMediaError` if one is out of range.
    package init(_ job: JobSpecification) throws(JobMediaError) {
        video = try JobVideo(job)
        self.job = job
        let steps = Int(job.steps)
        let count = min(Int(Double(steps) * job.strength), steps)
        guard count > 0, job.chunkFrames > 0 else {
            throw JobMediaError(
                "strength \(job.strength) with \(steps) steps: no step is left to run"
            )
        }
        do {
            rounds = try FusionSchedule(
                steps: steps - count..<steps,
                interval: job.fuseEvery == 0 ? .never : .every(Int(job.fuseEvery)),
                until: job.fuseUntil
            ).rounds
            _ = try Self.windows(of: 1, job)
        } catch {
            throw JobMediaError("\(error)")
        }
    }

    /// Scans the input from its start; returns when all is reported or the planning is abandoned.
    ///
    /// Everything that is wrong with the job's files is found before the first frame: an input that
    /// cannot be read or has no picture, an output whose folder is missing or not writable.
    ///
    /// - Parameters:
    ///   - isAbandoned: Asked for each frame.
    ///   - report: Takes each shot as soon as the next one starts.
    /// - Throws: `JobMediaError` if a file cannot be used or the input has no frame in the span,
    ///   and what `report` throws.
    package func run(
        isAbandoned: () -> Bool,
        report: (PlannedShots) throws -> Void
    ) throws {
        try video.check()
        let scanner: ShotScanner
        do {
            scanner = try ShotScanner(video.input, video.request)
        } catch {
            throw JobMediaError("\(error)")
        }
        var index = 0
        var firstFrame = 0
        var times: [Rational] = []
        func finish(isLast: Bool) throws {
            let shot = ShotOutline(
                index: index,
                firstFrame: firstFrame,
                work: try outline(of: times.count)
            )
            let damage = isLast && !scanner.damage.isNone
            try report(
                PlannedShots(
                    outlines: [shot],
                    times: times,
                    isLast: isLast,
                    damage: damage ? "\(video.input): \(scanner.damage)" : nil
                )
            )
            index += 1
            firstFrame += times.count
            times = []
        }
        while let frame = try next(scanner) {
            if isAbandoned() { return }
            if frame.startsShot, !times.isEmpty { try finish(isLast: false) }
            guard firstFrame + times.count < WindowPlan.sampledFramesMax else {
                throw JobMediaError(
                    "\(video.input): expected at most \(WindowPlan.sampledFramesMax) frames"
                )
            }
            times.append(frame.time)
        }
        guard !times.isEmpty else { throw nothingInSpan }
        try finish(isLast: true)
    }

    private func next(_ scanner: ShotScanner) throws(JobMediaError) -> ScannedFrame? {
        do {
            return try scanner.next()
        } catch {
            throw JobMediaError("\(error)")
        }
    }

    /// The windows, rounds and chunks of a shot of so many frames, at least one.
    package func outline(of frameCount: Int) throws(JobMediaError) -> WorkOutline {
        do {
            return WorkOutline(
                frameCount: frameCount,
                windows: try Self.windows(of: frameCount, job),
                rounds: rounds,
                chunkFrames: Int(job.chunkFrames)
            )
        } catch {
            throw JobMediaError("\(error)")
        }
    }

    private static func windows(
        of frameCount: Int,
        _ job: JobSpecification
    ) throws(StitchError) -> [Range<Int>] {
        try WindowPlan(
            frameCount: frameCount,
            length: Int(job.window),
            overlap: Int(job.overlap)
        ).windows
    }

    private var nothingInSpan: JobMediaError {
        let start = video.request.start.double
        let span = video.request.duration.map { "\(start) s to \(start + $0.double) s" }
        return JobMediaError("\(video.input) has no frame from \(span ?? "\(start) s on")")
    }
}
