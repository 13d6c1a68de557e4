import Scheduling
package import WireProtocol

/// How far a job is, stage by stage, from what the coordinator tells now and told before.
///
/// A value without a clock: who asks the coordinator says when it answered.
package struct JobProgress: Sendable {
    /// What a job goes through; stages overlap, for shots are independent of each other.
    package enum Stage: String, CaseIterable, Hashable, Sendable {
        case planning
        case depth
        case sampling
        case decoding
        case writing

        /// What is counted.
        package var noun: String { self == .sampling ? "steps" : "frames" }
    }

    /// One stage's numbers.
    package struct StageProgress: Hashable, Sendable {
        package let stage: Stage
        package let done: Int
        /// Nil while more may be found.
        package let total: Int?
        /// Frames or steps a second over the last minute; nil while that is not known.
        package let rate: Double?
        /// Nil until a twentieth is done and the rate is known: "estimating".
        package let secondsLeft: Double?

        package var isDone: Bool { total.map { done >= $0 } ?? false }
        /// 0 to 1; nil while the total is not known.
        package var fraction: Double? {
            total.map { $0 == 0 ? 1 : min(1, Double(done) / Double($0)) }
        }
    }

    package private(set) var details: JobDetails
    /// Seconds since the first answer.
    package private(set) var seconds: Double
    private let start: Double
    private var history: [Stage: [Sample]] = [:]

    private struct Sample: Hashable, Sendable {
        var seconds: Double
        var done: Int
    }

    /// Rates are over this much of the past.
    package static let rateSeconds = 60.0
    /// Share of a stage that has to be done before a time left is told.
    package static let estimateShare = 0.05

    /// - Parameters:
    ///   - details: The coordinator's first answer.
    ///   - seconds: When it came, on any clock.
    package init(_ details: JobDetails, at seconds: Double) {
        self.details = details
        start = seconds
        self.seconds = 0
        record()
    }

    /// Takes a later answer of the same job.
    package mutating func update(_ details: JobDetails, at seconds: Double) {
        precondition(details.report.id == self.details.report.id, "\(details.report.id)")
        self.details = details
        self.seconds = max(self.seconds, seconds - start)
        record()
    }

    package var stages: [StageProgress] { Stage.allCases.map(progress) }

    /// The first stage that is not done, or the last.
    package var current: StageProgress {
        let stages = stages
        return stages.first { !$0.isDone } ?? stages[stages.count - 1]
    }

    private mutating func record() {
        for stage in Stage.allCases {
            let done = counts(stage).done
            var samples = history[stage] ?? []
            // Work that was lost counts again: a rate is never negative.
            samples.removeAll { $0.done > done }
            samples.append(Sample(seconds: seconds, done: done))
            // One sample from before the window marks its start.
            while samples.count > 2, samples[1].seconds <= seconds - Self.rateSeconds {
                samples.removeFirst()
            }
            history[stage] = samples
        }
    }

    private func progress(_ stage: Stage) -> StageProgress {
        let (done, total) = counts(stage)
        let rate = rate(stage)
        var secondsLeft: Double?
        if let total, let rate, done < total,
            Double(done) >= Self.estimateShare * Double(total)
        {
            secondsLeft = Double(total - done) / rate
        }
        return StageProgress(
            stage: stage,
            done: done,
            total: total,
            rate: rate,
            secondsLeft: secondsLeft
        )
    }

    /// Since the last sample at which nothing had changed yet, so that waiting for a stage to begin
    /// does not count.
    private func rate(_ stage: Stage) -> Double? {
        guard let samples = history[stage], let last = samples.last else { return nil }
        guard let before = samples.last(where: { $0.done == samples[0].done }) else { return nil }
        let elapsed = last.seconds - before.seconds
        let done = last.done - before.done
        return elapsed > 0 && done > 0 ? Double(done) / elapsed : nil
    }

    private func counts(_ stage: Stage) -> (done: Int, total: Int?) {
        let report = details.report
        let frames = report.frameCount
        switch stage {
        case .planning: return (frames, report.isPlanned ? frames : nil)
        case .depth: return shareOfFrames(.depth)
        case .sampling: return (report.stepsDone, report.isPlanned ? report.stepsTotal : nil)
        case .decoding: return shareOfFrames(.decode)
        case .writing:
            let written = Int(clamping: details.framesWritten)
            return (written, report.isPlanned ? frames : nil)
        }
    }

    /// Frames in units that are done.
    ///
    /// Units of a kind have the same number of frames, the last of
    /// a shot fewer, so this is exact at the start and at the end.
    private func shareOfFrames(_ kind: UnitKind) -> (done: Int, total: Int?) {
        let report = details.report
        let counts = report.units[kind] ?? UnitCounts()
        let done = counts.total == 0 ? 0 : report.frameCount * counts.done / counts.total
        return (done, report.isPlanned ? report.frameCount : nil)
    }
}
