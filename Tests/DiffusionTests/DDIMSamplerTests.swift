import Diffusion
import Testing

struct DDIMSamplerTests {
    @Test func lastStepOfLinspaceIsTheIdentity() throws {
        var config = SchedulerConfig.stableDiffusion
        config.spacing = .linspace
        let step = try DDIMSampler(config, steps: 25).step(24)
        #expect(step.timestep == 0)
        #expect(abs(step.sample - 1) < 1e-12)
        #expect(abs(step.output) < 1e-12)
    }

    @Test func linspaceStepsMissTheNextTimestepUnlessToldOtherwise() throws {
        var config = SchedulerConfig.stableDiffusion
        config.spacing = .linspace
        let diffusers = try DDIMSampler(config, steps: 25)
        let fixed = try DDIMSampler(config, steps: 25, previous: .nextStep)
        #expect(diffusers.timesteps[0...1] == [999, 957])
        #expect(diffusers.alphaBar(after: 0) == Double(diffusers.schedule.alphaBars[959]))
        #expect(fixed.alphaBar(after: 0) == Double(fixed.schedule.alphaBars[957]))
        #expect(fixed.alphaBar(after: 24) == diffusers.alphaBar(after: 24))
    }

    @Test(arguments: [1, 10, 25, 50, 1000])
    func leadingSpacingNeedsNoFix(steps: Int) throws {
        var config = SchedulerConfig.stableDiffusion
        config.stepsOffset = 0
        let diffusers = try DDIMSampler(config, steps: steps)
        let fixed = try DDIMSampler(config, steps: steps, previous: .nextStep)
        for index in 0..<steps {
            #expect(diffusers.step(index) == fixed.step(index))
        }
    }

    @Test func finalAlphaFollowsTheConfig() throws {
        var config = SchedulerConfig.stableDiffusion
        let kept = try DDIMSampler(config, steps: 50)
        #expect(kept.alphaBar(after: 49) == Double(kept.schedule.alphaBars[0]))
        config.isFinalAlphaOne = true
        #expect(try DDIMSampler(config, steps: 50).alphaBar(after: 49) == 1)
    }

    @Test(arguments: [(1.0, 0), (0.8, 10), (0.5, 25), (0.02, 49), (0.58, 22)])
    func strengthCountsStepsFromTheEnd(strength: Double, first: Int) throws {
        // 0.58 · 50 is 28.999… in floating point: 28 steps, as diffusers counts.
        let sampler = try DDIMSampler(.stableDiffusion, steps: 50)
        #expect(try sampler.firstStep(strength: strength) == first)
    }

    @Test(arguments: [0, -0.5, 1.01, .nan, .infinity, 0.01])
    func refusesStrengthsWithoutSteps(strength: Double) throws {
        let sampler = try DDIMSampler(.stableDiffusion, steps: 50)
        #expect(throws: SamplerError.self) { try sampler.firstStep(strength: strength) }
    }

    @Test func refusesNoisePredictionWhereThereIsNoSignal() {
        var config = SchedulerConfig.stableDiffusion
        config.hasZeroTerminalSNR = true
        config.spacing = .trailing
        #expect(throws: SamplerError.self) { try DDIMSampler(config, steps: 25) }
    }

    @Test func refusesTrainedBetasOfAnotherCount() {
        var config = SchedulerConfig.stableDiffusion
        config.betas = .trained([0.1, 0.2])
        #expect(throws: SamplerError.self) { try DDIMSampler(config, steps: 25) }
    }
}
