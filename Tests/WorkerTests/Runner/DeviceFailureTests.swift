import Glibc
import Logging
import Models
import Pipelines
import Scheduling
import Tensors
import TestSupport
import Testing
import WireProtocol
import Worker

/// A worker's child as it runs in life, on an emulated device that breaks, or is too small.
@Suite(
    .enabled(if: EmulatedLibraries.isAvailable, Comment(rawValue: EmulatedLibraries.reason))
)
struct DeviceFailureTests {
    private let folder: TemporaryFolder
    private let libraries: EmulatedLibraries
    private let order: RunnerOrder

    private static let child = ["worker-runner", "--device", "cuda:0"]

    init() throws {
        folder = try TemporaryFolder()
        _ = try FreshModel(.tiny, seed: 1).write(to: folder("model"))
        libraries = try EmulatedLibraries()
        let latents = randomTensor([1, 4, 4, 4], seed: 1)
        try SafetensorsFile.write(["latents": latents], to: folder("latents"))
        var job = JobSpecification()
        job.model = folder("model")
        job.modelFingerprint = try ModelFingerprint.of(job.model) { Checksum.of($0) }
        job.prompt = "a red frog"
        job.steps = 3
        job.window = 4
        job.overlap = 2
        job.priorSteps = 2
        order = RunnerOrder(
            lease: Lease(
                UnitKey(job: JobID(1), shot: 0, unit: UnitID(.decode)),
                Epoch(instance: 1, number: 1)
            ),
            job: job,
            order: UnitOrder(frames: 2..<3, firstFrame: 0, steps: 0..<0),
            shotFrames: 4,
            depthRange: Worker.DepthRange(least: 0, largest: 1),
            inputs: ["latents": folder("latents")],
            output: folder("out.safetensors"),
            result: InputDescription("frames", .uint8, [1, 32, 32, 3])
        )
    }

    /// The events of a child up to one that ends what is waited for.
    private final class Watch {
        let runner: RunnerProcess
        private let start = ContinuousClock.now

        init(_ arguments: [String]) {
            let command = RunnerCommand("/usr/bin/env", arguments)
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            runner = RunnerProcess(command, logger: logger)
        }

        func events(
            until isLast: (RunnerProcess.Event) -> Bool
        ) throws -> [RunnerProcess.Event] {
            var events: [RunnerProcess.Event] = []
            let deadline = ContinuousClock.now + .seconds(60)
            while !events.contains(where: isLast) {
                try #require(ContinuousClock.now < deadline, "after \(events)")
                events += runner.poll(at: Instant.zero + start.duration(to: .now))
                usleep(2000)
            }
            return events
        }

        /// Runs a unit that fails, up to the end of the process.
        func failure(_ order: RunnerOrder) throws -> (failure: UnitFailure?, death: String?) {
            runner.run(order)
            var (failure, death): (UnitFailure?, String?)
            let events = try events { event in
                if case .died = event { true } else { false }
            }
            for event in events {
                if case .failed(_, let found) = event { failure = found }
                if case .died(let reason) = event { death = reason }
            }
            return (failure, death)
        }
    }

    @Test func `a device that breaks ends the child, and the next child computes`() throws {
        try SystemFile.writeAtomically([1], to: folder("break"))
        let watch = Watch(
            ["WEFT_EMULATOR_BREAKS_WITH=\(folder("break"))"] + libraries.command(Self.child)
        )
        let (failure, death) = try watch.failure(order)
        #expect(failure?.failureClass == .worker)
        #expect(failure?.reason.contains("CUDA_ERROR_LAUNCH_FAILED") == true)
        #expect(death?.contains("69") == true)
        watch.runner.run(order)
        let events = try watch.events { $0 == .finished(order.lease) }
        #expect(events.contains(.ready(deviceClass: "cuda-90-float16")))
        let result = try SafetensorsFile.open(order.output).tensor(named: "frames")
        #expect(result?.shape == [1, 32, 32, 3])
    }

    @Test func `a device that is too small fails the unit in words, and not the worker`() throws {
        let watch = Watch(libraries.command(Self.child, ["budget": 100 << 20]))
        for _ in 0..<2 {
            let (failure, death) = try watch.failure(order)
            // The unit waits for a worker that has the memory.
            #expect(failure?.failureClass == .resource)
            #expect(failure?.reason.contains("no room for") == true, "\(failure?.reason ?? "")")
            #expect(death?.contains("69") == true)
        }
    }
}
