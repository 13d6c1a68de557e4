import Diffusion
import Tensors
import TestSupport
import Testing

struct UnCLIPSamplerTests {
    struct Case: Sendable {
        let name: String
        let steps: Int
        let prediction: PredictionType
        let clippingBound: Double?
    }

    /// The cases of `Goldens/generate.py`.
    static let cases = [
        Case(name: "karlo", steps: 25, prediction: .sample, clippingBound: 5),
        Case(name: "epsilon", steps: 10, prediction: .epsilon, clippingBound: nil),
        Case(name: "neighbours", steps: 1000, prediction: .sample, clippingBound: 2),
    ]

    @Test(arguments: cases)
    func matchesDiffusers(case: Case) throws {
        let goldens = try SchedulerGoldens()
        let prefix = "unclip.\(`case`.name)"
        var config = UnCLIPConfig()
        config.prediction = `case`.prediction
        config.clippingBound = `case`.clippingBound
        let sampler = try UnCLIPSampler(config, steps: `case`.steps)
        #expect(sampler.timesteps == (try goldens.integers("\(prefix).timesteps")))
        let sample = try goldens.tensor("\(prefix).sample")
        let output = try goldens.tensor("\(prefix).output")
        let noise = try goldens.tensor("\(prefix).noise")
        let positions = goldens.positions(prefix)
        #expect(positions.count == 4)
        for index in positions {
            let step = sampler.step(index)
            let previous = step.advance(
                sample,
                output: output,
                noise: step.freshNoise > 0 ? noise : nil
            )
            #expect(nmse(previous, try goldens.tensor("\(prefix).previous.\(index)")) < 1e-12)
        }
    }

    @Test func matchesPublishedSchedule() throws {
        let sampler = try UnCLIPSampler(UnCLIPConfig(), steps: 25)
        let alphaBars = sampler.schedule.alphaBars
        #expect(abs(alphaBars[998] / 2.42876627e-06 - 1) < 1e-6)
        #expect(abs(alphaBars[999] / 2.42873499e-09 - 1) < 1e-6)
        #expect(sampler.timesteps.prefix(4) == [999, 957, 916, 874])
    }

    @Test(arguments: [2, 25, 1000])
    func lastStepGivesTheEstimateWithoutNoise(steps: Int) throws {
        let step = try UnCLIPSampler(UnCLIPConfig(), steps: steps).step(steps - 1)
        #expect(step.freshNoise == 0)
        // β_0 and 1 − ᾱ_0 are the same number but for float32's rounding of ᾱ_0.
        #expect(abs(step.original - 1) < 1e-3)
        #expect(abs(step.sample) < 1e-12)
    }

    @Test(arguments: [-1, 0, 1, 1001])
    func refusesStepsThatAreNotThere(steps: Int) {
        #expect(throws: SamplerError.self) { try UnCLIPSampler(UnCLIPConfig(), steps: steps) }
    }

    @Test func refusesVelocity() {
        var config = UnCLIPConfig()
        config.prediction = .velocity
        #expect(throws: SamplerError.self) { try UnCLIPSampler(config, steps: 25) }
    }
}
