import Diffusion
import Pipelines
import Tensors
import TestSupport
import Testing

/// Sampling of a shot by a network whose windows disagree.
struct ShotSamplerTests {
    static let frames = 7

    static func inputs(content: Bool = true, source: Bool = true) throws -> ShotInputs {
        var inputs = ShotInputs(structure: randomTensor([frames, 4, 2, 4], seed: 1))
        if content { inputs.content = randomTensor([1, 6], seed: 2) }
        if source { inputs.source = randomTensor([frames, 4, 2, 4], seed: 3) }
        return inputs
    }

    static func settings(
        _ change: (inout SampleSettings) -> Void = { _ in }
    ) throws -> SampleSettings {
        var settings = SampleSettings(structureLevel: try StructureLevel(2))
        settings.steps = 4
        settings.guidance = 2
        settings.temporalGuidance = 1.5
        settings.seed = 9
        change(&settings)
        return settings
    }

    static func sampler(
        _ settings: SampleSettings,
        threads: Int = 1,
        hasContent: Bool = true
    ) throws -> ShotSampler {
        let backend = TinyModel.backend(threads: threads)
        return try ShotSampler(
            TinyModel.network(on: backend),
            on: backend,
            schedule: TinyModel.schedule,
            settings: settings,
            hasContent: hasContent
        )
    }

    static func weights() throws -> BlendWeights {
        BlendWeights(try WindowPlan(frameCount: frames, length: 4, overlap: 2), taper: .hann)
    }

    static func run(
        _ sampler: ShotSampler,
        _ inputs: ShotInputs,
        every interval: FusionInterval = .every(1),
        until: Double = 1,
        didFuse: (FusionReport) -> Void = { _ in }
    ) throws -> HostTensor {
        try sampler.sampleShot(
            inputs,
            weights: weights(),
            schedule: FusionSchedule(steps: sampler.steps, interval: interval, until: until),
            didFuse: didFuse
        )
    }

    @Test func threadsChangeNoBit() throws {
        let results = try [1, 2, 3].map { threads in
            try Self.run(Self.sampler(Self.settings(), threads: threads), Self.inputs())
        }
        #expect(results[0].values.allSatisfy { $0.isFinite })
        #expect(results[1] == results[0] && results[2] == results[0])
    }

    @Test(arguments: [FusionInterval.every(1), .every(3), .never])
    func oneWindowIsTheRunWithoutWindows(_ interval: FusionInterval) throws {
        let sampler = try Self.sampler(Self.settings())
        var inputs = ShotInputs(structure: randomTensor([4, 2, 4, 4], seed: 4))
        inputs.content = randomTensor([1, 6], seed: 2)
        let whole = try sampler.sample(
            sampler.start(inputs),
            window: 0..<4,
            steps: sampler.steps,
            inputs
        )
        let plan = try WindowPlan(frameCount: 4, length: 4, overlap: 2)
        let found = try sampler.sampleShot(
            inputs,
            weights: BlendWeights(plan, taper: .hann),
            schedule: FusionSchedule(steps: sampler.steps, interval: interval)
        )
        #expect(found == whole)
    }

    @Test func roundsFollowTheSchedule() throws {
        let sampler = try Self.sampler(Self.settings())
        let inputs = try Self.inputs()
        func rounds(_ interval: FusionInterval, _ until: Double) throws -> [Range<Int>] {
            var rounds: [Range<Int>] = []
            _ = try Self.run(sampler, inputs, every: interval, until: until) { report in
                rounds.append(report.steps)
                #expect(report.mismatches.count == 3)
                #expect(report.largestRatio > 0)
            }
            return rounds
        }
        #expect(try rounds(.never, 1) == [0..<4])
        #expect(try rounds(.every(1), 1) == [0..<1, 1..<2, 2..<3, 3..<4])
        #expect(try rounds(.every(3), 1) == [0..<3, 3..<4])
        #expect(try rounds(.every(1), 0.5) == [0..<1, 1..<2, 2..<4])
    }

    @Test func fusingEarlierBringsWindowsTogether() throws {
        let sampler = try Self.sampler(Self.settings())
        var last: [Double] = []
        for interval in [FusionInterval.every(1), .never] {
            var ratio = 0.0
            _ = try Self.run(sampler, Self.inputs(), every: interval) { ratio = $0.largestRatio }
            last.append(ratio)
        }
        #expect(last[0] < last[1])
    }

    @Test func windowsOfTheirOwnStartsAreOtherOnesInTheFirstRoundOnly() throws {
        let sampler = try Self.sampler(Self.settings())
        let inputs = try Self.inputs()
        let weights = try Self.weights()
        let schedule = try FusionSchedule(steps: sampler.steps, interval: .every(1))
        func run(_ starts: [HostTensor]?) throws -> HostTensor {
            try sampler.sampleShot(inputs, weights: weights, schedule: schedule, starts: starts)
        }
        let shared = try sampler.start(inputs)
        let parts = weights.plan.windows.map { window in
            HostTensor(
                Array(shared.values[window.lowerBound * 32..<window.upperBound * 32]),
                [window.count, 4, 2, 4]
            )
        }
        let usual = try run(nil)
        #expect(try run(parts) == usual)
        let others = parts.indices.map { randomTensor(parts[$0].shape, seed: 40 + UInt64($0)) }
        #expect(try run(others) != usual)
    }

    /// What a farm does: windows in any order, each from what its neighbours left.
    @Test func drivenFromOutsideItIsTheSameToTheBit() throws {
        let sampler = try Self.sampler(Self.settings { $0.eta = 0.5 })
        let inputs = try Self.inputs()
        let fuser = LatentFuser(try Self.weights())
        let windows = fuser.weights.plan.windows
        let start = try sampler.start(inputs)
        var latents = windows.map { window in
            HostTensor(
                Array(start.values[window.lowerBound * 32..<window.upperBound * 32]),
                [window.count, 4, 2, 4]
            )
        }
        for round in [0..<2, 2..<4] {
            var stepped = latents
            for index in windows.indices.reversed() {
                stepped[index] = try sampler.sample(
                    latents[index],
                    window: windows[index],
                    steps: round,
                    inputs
                )
            }
            for index in windows.indices {
                latents[index] = fuser.fuse(window: index) { stepped[$0] }
            }
        }
        let found = fuser.fuse(latents)
        #expect(try Self.run(sampler, inputs, every: .every(2)) == found)
    }

    @Test func framesAreNumberedInTheirVideo() throws {
        let sampler = try Self.sampler(Self.settings())
        var inputs = try Self.inputs()
        let early = try sampler.start(inputs)
        inputs.firstFrame = 2
        let late = try sampler.start(inputs)
        #expect(Array(early.values[64...]) == Array(late.values[..<160]))
    }

    @Test func aStrengthBelowOneStartsFromTheNoisedSource() throws {
        let sampler = try Self.sampler(Self.settings { $0.strength = 0.5 })
        #expect(sampler.steps == 2..<4)
        let inputs = try Self.inputs()
        let extent = NoiseExtent(channels: 4, height: 4, width: 2)
        let noise = NoiseSource(seed: 9).frames(0..<Self.frames, extent, key: .initial)
        let alphaBar = Double(sampler.sampler.schedule.alphaBars[sampler.sampler.timesteps[2]])
        let source = try #require(inputs.source)
        let expected = zip(source.values, noise.values).map { source, noise in
            Float(
                alphaBar.squareRoot() * Double(source) + (1 - alphaBar).squareRoot() * Double(noise)
            )
        }
        #expect(nmse(try sampler.start(inputs).values, expected) < 1e-12)
        let error = #expect(throws: InputError.self) {
            try sampler.start(Self.inputs(source: false))
        }
        #expect(error?.description.hasPrefix("source: missing") == true)
    }

    @Test func fullStrengthIgnoresTheSource() throws {
        let sampler = try Self.sampler(Self.settings())
        let with = try Self.run(sampler, Self.inputs())
        #expect(try Self.run(sampler, Self.inputs(source: false)) == with)
    }

    @Test func theMaskedSourceIsThereAtTheEnd() throws {
        let sampler = try Self.sampler(Self.settings())
        var inputs = try Self.inputs()
        let mask = (0..<Self.frames * 8).map { Float($0 % 3 == 0 ? 1 : 0) }
        inputs.mask = HostTensor(mask, [Self.frames, 4, 2, 1])
        let found = try Self.run(sampler, inputs)
        let free = try Self.run(sampler, Self.inputs())
        let source = try #require(inputs.source)
        for pixel in mask.indices where mask[pixel] == 1 {
            let range = pixel * 4..<pixel * 4 + 4
            #expect(found.values[range] == source.values[range])
        }
        #expect(found != free)
    }
}
