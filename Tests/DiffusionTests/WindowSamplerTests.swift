import Diffusion
import Tensors
import TestSupport
import Testing

struct WindowSamplerTests {
    private static let backend = CPUBackend(CPUConfiguration(threads: 1))
    private struct Stop: Error {}

    private func sampler(
        steps: Int = 6,
        scale: Double = 3,
        temporalScale: Double = 1.5,
        eta: Double = 0
    ) throws -> WindowSampler {
        var config = SchedulerConfig.stableDiffusion
        config.prediction = .velocity
        return WindowSampler(
            try DDIMSampler(config, steps: steps),
            guidance: GuidancePlan(scale: scale, temporalScale: temporalScale),
            eta: eta,
            noise: NoiseSource(seed: 5)
        )
    }

    /// Acts on each value alone, differently in each branch and at each timestep.
    private func toy(_ branches: [GuidanceBranch], _ x: Tensor, _ timestep: Float) -> [Tensor] {
        branches.map { x.scaled(by: 0.2 * Float($0.rawValue + 1) - timestep * 3e-4) }
    }

    private func run(
        _ sampler: WindowSampler,
        _ latents: HostTensor,
        frames: Range<Int>,
        steps: Range<Int>,
        edit: MaskedEdit? = nil
    ) throws -> HostTensor {
        try sampler.run(
            Self.backend.upload(latents),
            frames: frames,
            steps: steps,
            edit: edit,
            denoise: toy
        ).download()
    }

    @Test(arguments: [0, 0.7], 1..<6)
    func partsOfARunMakeTheRun(eta: Double, cut: Int) throws {
        let sampler = try sampler(eta: eta)
        let latents = randomTensor([3, 2, 3, 4], seed: 1)
        let whole = try run(sampler, latents, frames: 7..<10, steps: 0..<6)
        let half = try run(sampler, latents, frames: 7..<10, steps: 0..<cut)
        let found = try run(sampler, half, frames: 7..<10, steps: cut..<6)
        #expect(found == whole)
        #expect(half != latents)
    }

    @Test func noStepsChangeNothing() throws {
        let latents = randomTensor([2, 2, 2, 4], seed: 2)
        let found = try run(try sampler(), latents, frames: 0..<2, steps: 3..<3)
        #expect(found == latents)
    }

    @Test(
        arguments: [
            (3, 1.5, [.imageWithoutContent, .videoWithoutContent, .videoWithContent]),
            (3, 1, [.videoWithoutContent, .videoWithContent]),
            (1, 1, [.videoWithContent]),
        ] as [(Double, Double, [GuidanceBranch])]
    )
    func theBranchesAskedForAreThePlans(
        scale: Double,
        temporalScale: Double,
        expected: [GuidanceBranch]
    ) throws {
        let sampler = try sampler(scale: scale, temporalScale: temporalScale)
        var asked: [GuidanceBranch] = []
        var timesteps: [Float] = []
        _ = try sampler.run(
            Self.backend.upload(randomTensor([1, 2, 2, 4], seed: 3)),
            frames: 0..<1,
            steps: 2..<4
        ) { branches, x, timestep in
            asked += branches
            timesteps.append(timestep)
            return toy(branches, x, timestep)
        }
        #expect(asked == expected + expected)
        #expect(Set(timesteps) == Set(sampler.sampler.timesteps[2..<4].map(Float.init)))
    }

    /// Windows make the same step noise for a frame, whatever their place.
    @Test func stepNoiseBelongsToAbsoluteFrames() throws {
        let sampler = try sampler(eta: 1)
        let shot = randomTensor([6, 2, 3, 4], seed: 4)
        func window(_ frames: Range<Int>) throws -> HostTensor {
            let values = Array(shot.values[frames.lowerBound * 24..<frames.upperBound * 24])
            let latents = HostTensor(values, [frames.count, 2, 3, 4])
            return try run(sampler, latents, frames: frames, steps: 0..<6)
        }
        let left = try window(0..<4)
        let right = try window(2..<6)
        #expect(Array(left.values[48...]) == Array(right.values[..<48]))
        let elsewhere = try run(
            sampler,
            HostTensor(Array(shot.values[48..<96]), [2, 2, 3, 4]),
            frames: 40..<42,
            steps: 0..<6
        )
        #expect(elsewhere.values != Array(left.values[48...]))
    }

    @Test func aMaskedEditKeepsTheSourceToTheBit() throws {
        let shape: Shape = [2, 2, 3, 4]
        let source = randomTensor(shape, seed: 5)
        let mask = HostTensor((0..<12).map { $0 % 3 == 0 ? 1 : 0 }, [2, 2, 3, 1])
        let edit = MaskedEdit(source: source, noise: randomTensor(shape, seed: 6), mask: mask)
        let latents = randomTensor(shape, seed: 7)
        let sampler = try sampler()
        let found = try run(sampler, latents, frames: 0..<2, steps: 0..<6, edit: edit)
        let free = try run(sampler, latents, frames: 0..<2, steps: 0..<6)
        for element in 0..<shape.count {
            // The toy sees one value at a time, so the rest is sampled as without a mask.
            let expected = element / 4 % 3 == 0 ? source : free
            #expect(found.values[element] == expected.values[element])
        }
    }

    @Test func willStepStops() throws {
        var visited: [Int] = []
        var evaluations = 0
        let sampler = try sampler(scale: 1, temporalScale: 1)
        #expect(throws: Stop.self) {
            try sampler.run(
                Self.backend.upload(randomTensor([1, 1, 1, 4], seed: 8)),
                frames: 0..<1,
                steps: 1..<6,
                willStep: { step in
                    visited.append(step)
                    if step == 3 { throw Stop() }
                },
                denoise: { branches, x, timestep in
                    evaluations += branches.count
                    return toy(branches, x, timestep)
                }
            )
        }
        #expect(visited == [1, 2, 3])
        #expect(evaluations == 2)
    }

    @Test(arguments: [Float.infinity, .nan])
    func latentsThatDivergeNameTheirStep(factor: Float) throws {
        let sampler = try sampler()
        let broken = sampler.sampler.timesteps[2]
        let error = #expect(throws: DivergenceError.self) {
            try sampler.run(
                Self.backend.upload(randomTensor([1, 2, 2, 4], seed: 9)),
                frames: 0..<1,
                steps: 0..<6
            ) { branches, x, timestep in
                timestep == Float(broken)
                    ? branches.map { _ in x.scaled(by: factor) } : toy(branches, x, timestep)
            }
        }
        #expect(error == DivergenceError(step: 2, stepCount: 6, timestep: broken))
        #expect(error?.description.contains("step 2 of 6 (timestep \(broken))") == true)
    }
}
