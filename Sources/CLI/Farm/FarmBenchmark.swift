import ArgumentParser
import Coordinator
import FFmpeg
import Foundation
import Scheduling
import Tensors
import WireProtocol
import ZeroMQ

/// `weft benchmark farm`: a local farm of real processes whose sampler only waits.
struct FarmBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "farm",
        abstract: "Measure what a local farm makes of its workers' time.",
        discussion: """
            Starts a coordinator and worker processes as weft render does, with a sampler that \
            only waits at each step, and renders a made-up clip with a blend after every step. The \
            busy share is the time waited in steps over the workers' time, between a tenth and \
            nine tenths of the steps; what is missing is what the farm costs.
            """
    )

    @Option(help: "Local worker processes.")
    var workers = 16

    @Option(help: "Milliseconds of a step.")
    var stepMilliseconds = 50

    @Option(help: "Steps of a window.")
    var steps = 40

    @Option(help: "Windows for each worker.")
    var windowsPerWorker = 4

    @Flag(help: "Print one JSON object instead of text.")
    var json = false

    func validate() throws {
        for (option, value, range) in [
            ("--workers", workers, 1...256), ("--step-milliseconds", stepMilliseconds, 1...60_000),
            ("--steps", steps, 2...1000), ("--windows-per-worker", windowsPerWorker, 1...64),
        ] where !range.contains(value) {
            throw ValidationError(
                "\(option): expected \(range.lowerBound) to \(range.upperBound), found \(value)"
            )
        }
    }

    private static let side = 64
    private static let window = 16
    private static let overlap = 8

    func run() throws {
        let context = try Context()
        let signals = try SignalMonitor([.interrupt, .terminate])
        let arguments = ["--threads", "1", "--sampler", "stub:\(stepMilliseconds)ms"]
        let settings = EmbeddedFarm.Settings(
            workers: Array(repeating: arguments, count: workers)
        )
        let farm = try EmbeddedFarm(settings, context: context)
        defer { farm.stop() }
        let job = try makeJob(in: farm.scratchFolder)
        let client = try FarmClient(context: context, endpoint: farm.controlEndpoint)
        let id = try client.submit(JobRequest(idempotencyKey: "benchmark"), job)
        var samples: [(seconds: Double, steps: Int, units: Int)] = []
        let start = ContinuousClock.now
        let poller = Poller(signals: signals)
        var details = try client.job(id)
        while !details.report.state.isFinal, details.report.state != .held {
            if let signal = try poller.wait(for: .milliseconds(100)).signals.first {
                throw Failure(signal.exitStatus, "interrupted")
            }
            try farm.tend()
            details = try client.job(id)
            let done = details.report.units[.sample]?.done ?? 0
            samples.append(((ContinuousClock.now - start).seconds, details.report.stepsDone, done))
        }
        guard details.report.state == .done else {
            throw Failure(.failed, JobText.report(details))
        }
        farm.stop()
        try report(details, samples)
    }

    /// A grey clip and a grey picture: the sampler looks at neither.
    private func makeJob(in folder: String) throws -> JobSpecification {
        let stride = Self.window - Self.overlap
        let frames = stride * workers * windowsPerWorker + Self.overlap
        let pixels = [UInt8](repeating: 128, count: 3 * Self.side * Self.side)
        let rate = Rational(25)
        func frame(_ index: Int) -> VideoFrame {
            VideoFrame(
                time: Rational(Int64(index)) / rate,
                width: Self.side,
                height: Self.side,
                pixels: pixels
            )
        }
        let settings = VideoSettings(
            .ffv1,
            width: Self.side,
            height: Self.side,
            timeUnit: rate.reciprocal,
            frameRate: rate
        )
        let writer = try VideoWriter(folder + "/in.mkv", settings)
        for index in 0..<frames { try writer.append(frame(index)) }
        _ = try writer.finish()
        try StillImage.writePNG(frame(0), to: folder + "/look.png")
        var job = JobSpecification()
        job.input = folder + "/in.mkv"
        job.output = folder + "/out.mkv"
        job.codec = "ffv1"
        job.image = folder + "/look.png"
        job.model = folder
        job.modelFingerprint = [UInt8](repeating: 0, count: WireLimits.checksumBytes)
        job.contentChannels = 32
        (job.width, job.height) = (UInt32(Self.side), UInt32(Self.side))
        (job.window, job.overlap) = (UInt32(Self.window), UInt32(Self.overlap))
        job.steps = UInt32(steps)
        job.fuseUntil = 1
        return job
    }

    private func report(
        _ details: JobDetails,
        _ samples: [(seconds: Double, steps: Int, units: Int)]
    ) throws {
        let total = details.report.stepsTotal
        guard let first = samples.first(where: { $0.steps * 10 >= total }),
            let last = samples.last(where: { $0.steps * 10 <= total * 9 }),
            last.seconds > first.seconds
        else { throw Failure(.failed, "the run was too short to be measured; give it more steps") }
        let seconds = last.seconds - first.seconds
        let waited = Double(last.steps - first.steps) * Double(stepMilliseconds) / 1000
        let busy = waited / (Double(workers) * seconds)
        let results = Double(last.units - first.units) / seconds
        let (coordinator, worker) = (peakResidentBytes(), peakResidentBytes(ofChildren: true))
        guard json else {
            print("\(workers) workers, \(total) steps of \(stepMilliseconds) ms")
            print("workers busy: \(NumberText.fixed(100 * busy, 1)) %")
            print("results: \(NumberText.rate(results)) a second")
            print("peak memory of the coordinator: \(NumberText.bytes(coordinator))")
            print("peak memory of the largest worker: \(NumberText.bytes(worker))")
            return
        }
        let members: [String: JSONValue] = [
            "schema": .integer(1), "workers": .integer(workers), "steps": .integer(total),
            "step_milliseconds": .integer(stepMilliseconds), "seconds": .number(seconds),
            "busy_share": .number(busy), "results_per_second": .number(results),
            "coordinator_peak_bytes": .integer(coordinator),
            "worker_peak_bytes": .integer(worker),
        ]
        print(JSONValue.object(members).serialized(isIndented: true))
    }
}
