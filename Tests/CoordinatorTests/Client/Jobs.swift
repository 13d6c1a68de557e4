import Coordinator
import FFmpeg
import Scheduling
import WireProtocol

/// Jobs, models and clips for the tests of the client's side.
enum Jobs {
    static let model = ModelTraits(
        path: "/models/gen1",
        fingerprint: [UInt8](repeating: 7, count: 32),
        contentChannels: 768,
        sizeMultiple: 64,
        framesMax: 16
    )

    static func settings() -> JobSettings {
        var settings = JobSettings(input: "/clips/in.mp4", output: "/clips/out.mp4")
        settings.prompt = "a clay figure"
        return settings
    }

    /// A clip of 720x480 pixels and 7.8 s.
    static let clip = ClipShape(aspect: 1.5, length: Rational(78, 10))

    static func counts(_ total: Int, done: Int, held: Int = 0) -> UnitCounts {
        var counts = UnitCounts()
        counts.total = total
        counts.done = done
        counts.held = held
        counts.ready = total - done - held
        return counts
    }

    /// A job of 20 frames in one shot of 3 windows with 4 rounds and 60 steps.
    static func details(
        _ state: JobState = .running,
        reason: String? = nil,
        isPlanned: Bool = true,
        depth: Int = 0,
        samples: Int = 0,
        steps: Int = 0,
        decoded: Int = 0,
        written: UInt64 = 0,
        held: [UnitKey] = []
    ) -> JobDetails {
        let report = JobReport(
            id: JobID(17),
            request: JobRequest(idempotencyKey: "k", name: "", priority: 0),
            state: state,
            reason: reason,
            isPlanned: isPlanned,
            shotCount: 1,
            frameCount: 20,
            units: [
                .content: counts(1, done: samples > 0 ? 1 : 0), .depth: counts(3, done: depth),
                .sample: counts(12, done: samples, held: held.count),
                .decode: counts(3, done: decoded),
            ],
            attempts: [.lost: 2, .superseded: 1],
            speculativeAttempts: 1,
            workerCount: 2,
            stepsDone: steps,
            stepsTotal: 60,
            heldUnits: held
        )
        var details = JobDetails(report: report)
        details.input = "/clips/in.mp4"
        details.output = "/clips/out.mp4"
        details.submittedAt = 1_795_379_208
        details.framesWritten = written
        return details
    }

    static func finished() -> JobDetails {
        var details = details(.done, depth: 3, samples: 12, steps: 60, decoded: 3, written: 20)
        details.endedAt = details.submittedAt + 754
        details.mismatchCount = 8
        details.mismatchMean = 0.0123
        details.mismatchLargest = 0.31
        details.mismatchLargestRound = 2
        details.mismatchLargestWindow = 1
        details.deviceClasses = ["cpu-avx512"]
        return details
    }
}
