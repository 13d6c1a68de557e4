import Diffusion
import Models
import Pipelines
import Tensors
import TestSupport
import Testing

/// Units as a farm runs them, on the whole model of the smallest sizes.
struct UnitRunnerTests {
    private static let frames = 7
    private static let size = 32
    private static let window = 4

    private let folder: TemporaryFolder
    private var settings: UnitSettings
    private let backend = CPUBackend(CPUConfiguration(threads: 1))

    init() throws {
        folder = try TemporaryFolder()
        _ = try FreshModel(.tiny, seed: 1).write(to: folder("model"))
        var sampling = SampleSettings(structureLevel: try StructureLevel(1))
        sampling.steps = 4
        sampling.guidance = 2
        sampling.temporalGuidance = 1.5
        sampling.seed = 4
        sampling.noisePrior = NoiseKind.shuffled.prior(length: Self.window, overlap: 2)
        settings = UnitSettings(model: folder("model"), sampling: sampling)
        settings.prompt = "a red frog"
        settings.priorSteps = 3
    }

    private func pictures(_ range: Range<Int>) -> Pictures {
        var bytes: [UInt8] = []
        for frame in range {
            for pixel in 0..<Self.size * Self.size * 3 {
                bytes.append(UInt8(truncatingIfNeeded: pixel * (frame + 3) / 7))
            }
        }
        return Pictures(count: range.count, height: Self.size, width: Self.size, bytes: bytes)
    }

    private func tensor(
        _ runner: UnitRunner,
        _ request: UnitRequest,
        _ settings: UnitSettings? = nil
    ) throws -> HostTensor {
        let result = try runner.run(request, settings ?? self.settings) { _ in }
        guard case .tensor(let tensor) = result else { throw InputError("no tensor") }
        return tensor
    }

    @Test func `a calibration is finite, and the same whatever ran before`() throws {
        let calibration = Calibration(width: 8, height: 4, frames: 2, steps: 2, valuesMax: 100)
        let runner = UnitRunner(backend)
        var steps = 0
        let values = try runner.calibration(settings, calibration) { report in
            if case .running = report { steps += 1 }
        }
        // Every third of 2 frames of 4 channels and 8x4.
        #expect(values.count == 86 && values.allSatisfy(\.isFinite) && steps == 2)
        _ = try tensor(runner, .depth(pictures(0..<2)))
        #expect(try runner.calibration(settings, calibration) { _ in } == values)
        var other = settings
        other.sampling.strength = 0.5
        #expect(try runner.calibration(other, calibration) { _ in } == values)
        other.sampling.guidance = 3
        #expect(try runner.calibration(other, calibration) { _ in } != values)
        // More steps than the job has are all of them.
        let long = Calibration(width: 8, height: 4, frames: 2, steps: 9, valuesMax: 100)
        #expect(try runner.calibration(settings, long) { _ in }.count == 86)
        #expect(throws: CancellationError.self) {
            try runner.calibration(settings, calibration) { _ in throw CancellationError() }
        }
    }

    private func slice(_ x: HostTensor, _ range: Range<Int>) -> HostTensor {
        let size = x.shape.count / x.shape[0]
        return HostTensor(
            Array(x.values[range.lowerBound * size..<range.upperBound * size]),
            Shape([range.count] + x.shape.dimensions.dropFirst())
        )
    }

    /// Depth and content of the whole clip, from units of several frames.
    private func prepared() throws -> (depth: HostTensor, range: DepthRange, content: HostTensor) {
        let runner = UnitRunner(backend)
        let chunks = [0..<3, 3..<Self.frames]
        let maps = try chunks.map { try tensor(runner, .depth(pictures($0))) }
        let depth = HostTensor(
            maps.flatMap(\.values),
            [Self.frames, Self.size, Self.size]
        )
        let range = try #require(DepthRange(of: depth))
        return (depth, range, try tensor(runner, .content(picture: nil)))
    }

    @Test func aChunkOfDepthIsThatOfItsFrames() throws {
        let (depth, range, content) = try prepared()
        #expect(range.least < range.largest)
        #expect(content.shape == [1, 32])
        let runner = UnitRunner(backend)
        #expect(try tensor(runner, .depth(pictures(2..<5))) == slice(depth, 2..<5))
    }

    /// Whoever runs a window, and whatever it ran before, the farm's rounds give the bits of the
    /// sampler that runs the whole shot.
    @Test func unitsOfAShotAreTheShotsSampler() throws {
        let (depth, range, content) = try prepared()
        let plan = try WindowPlan(frameCount: Self.frames, length: Self.window, overlap: 2)
        let weights = BlendWeights(plan, taper: .hann)
        let schedule = try FusionSchedule(steps: 1..<4, interval: .every(2))
        var settings = settings
        settings.sampling.strength = 0.75

        let warm = UnitRunner(backend)
        let small = UnitRunner(backend, conditioningBytesMax: 5000)
        var results: [HostTensor] = []
        let fuser = LatentFuser(weights)
        for steps in schedule.rounds {
            let before = results
            results = try plan.windows.enumerated().map { index, frames in
                var inputs = SampleInputs(depth: slice(depth, frames), depthRange: range)
                inputs.content = content
                inputs.frames = pictures(frames)
                if !before.isEmpty { inputs.latents = fuser.fuse(window: index) { before[$0] } }
                let unit = UnitFrames(job: "a", shot: 1, frames: frames, firstFrame: 40)
                let request = UnitRequest.sample(inputs, unit, steps: steps)
                let result = try tensor(warm, request, settings)
                #expect(try tensor(small, request, settings) == result)
                #expect(try tensor(UnitRunner(backend), request, settings) == result)
                return result
            }
        }
        let model = try Gen1Model(CheckpointFolder.open(folder("model")), on: backend)
        let encoder = LatentEncoder(try model.autoencoder(), on: backend)
        var shot = ShotInputs(
            structure: try encoder.structure(
                ofDepth: depth,
                range: range,
                level: settings.sampling.structureLevel
            )
        )
        shot.content = content
        shot.source = try encoder.latents(of: pictures(0..<Self.frames).tensor)
        shot.firstFrame = 40
        let sampler = try ShotSampler(
            model.network(),
            on: backend,
            schedule: model.schedule(),
            settings: settings.sampling,
            hasContent: true
        )
        let whole = try sampler.sampleShot(shot, weights: weights, schedule: schedule)
        #expect(fuser.fuse(results) == whole)
    }

    @Test func everyFrameIsDecodedToBytes() throws {
        let latents = randomTensor([3, 4, 4, 4], seed: 8)
        let runner = UnitRunner(backend)
        let result = try runner.run(.decode(latents), settings) { _ in }
        guard case .pictures(let pictures) = result else { throw InputError("no pictures") }
        #expect((pictures.count, pictures.height, pictures.width) == (3, 32, 32))
        guard
            case .pictures(let second) = try runner.run(
                .decode(slice(latents, 1..<2)),
                settings,
                progress: { _ in }
            )
        else { throw InputError("no pictures") }
        #expect(second.bytes == Array(pictures.bytes[32 * 32 * 3..<2 * 32 * 32 * 3]))
        #expect(Set(pictures.bytes).count > 3)
    }

    /// The prompt, the negative prompt, the prior's guidance and the seed count, and a picture is
    /// its own content.
    @Test func contentFollowsWhatIsAsked() throws {
        let runner = UnitRunner(backend)
        let base = try tensor(runner, .content(picture: nil))
        #expect(try tensor(UnitRunner(backend), .content(picture: nil)) == base)
        for change in [
            { (settings: inout UnitSettings) in settings.prompt = "a blue frog" },
            { settings in settings.negativePrompt = "blurred" },
            { settings in settings.priorGuidance = 2 },
            { settings in settings.sampling.seed = 5 },
        ] {
            var other = settings
            change(&other)
            #expect(try tensor(runner, .content(picture: nil), other) != base)
        }
        let picture = try tensor(runner, .content(picture: pictures(0..<1)))
        #expect(picture.shape == [1, 32])
        #expect(picture != base)
    }

    /// What a test asks the prior for is what a job of these settings gets.
    @Test(arguments: [4.0, 1])
    func aPromptsContentIsTheJobs(guidance: Double) throws {
        var job = settings
        job.priorSteps = 25
        job.priorGuidance = guidance
        let found = try UnitRunner(backend).contents(
            [PromptDraw("a red frog", seed: 4)],
            guidance: guidance,
            model: settings.model
        )
        #expect(try tensor(UnitRunner(backend), .content(picture: nil), job) == found)
    }

    /// More than go through the prior at once, texts again and again.
    @Test func promptsDrawnTogetherAreThoseDrawnAlone() throws {
        let draws = (0..<35).map { index in
            PromptDraw(["a red frog", "a mug", "a"][index % 3], seed: UInt64(index))
        }
        let runner = UnitRunner(CPUBackend(CPUConfiguration(threads: 1, products: .tiles)))
        func contents(_ draws: [PromptDraw]) throws -> HostTensor {
            try runner.contents(draws, guidance: 3, model: settings.model)
        }
        let together = try contents(draws)
        #expect(together.shape == [35, 32])
        for index in [0, 1, 15, 16, 32, 34] {
            #expect(try contents([draws[index]]).slice(0) == together.slice(index))
        }
    }

    @Test func progressIsToldAndCanStop() throws {
        struct Stop: Error {}
        let runner = UnitRunner(backend)
        var told: [UnitRunner.UnitPhaseReport] = []
        _ = try runner.run(.depth(pictures(0..<3)), settings) { told.append($0) }
        #expect(told == [.loading, .running(done: 0), .running(done: 1), .running(done: 2)])
        #expect(throws: Stop.self) {
            try runner.run(.depth(pictures(0..<3)), settings) { report in
                if report == .running(done: 1) { throw Stop() }
            }
        }
        _ = try tensor(runner, .depth(pictures(0..<1)))
    }

    @Test func failuresAreClassed() throws {
        let runner = UnitRunner(backend)
        var lost = settings
        lost.model = folder("nowhere")
        #expect(blame { try runner.run(.content(picture: nil), lost) { _ in } } == .resource)
        var empty = settings
        empty.prompt = nil
        #expect(blame { try runner.run(.content(picture: nil), empty) { _ in } } == .specification)
        let broken = HostTensor(repeating: .nan, [1, 4, 4, 4])
        #expect(blame { try runner.run(.decode(broken), settings) { _ in } } == .unit)
        // A device that is too small is no device that broke.
        #expect(UnitError(BackendError("small", isOutOfMemory: true)).blame == .resource)
        #expect(UnitError(BackendError("broken")).blame == .worker)
    }

    private func blame(_ work: () throws -> UnitResult) -> UnitError.Blame? {
        do {
            _ = try work()
            return nil
        } catch {
            return (error as? UnitError)?.blame
        }
    }
}
