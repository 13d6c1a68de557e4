import Diffusion
import Models
import Pipelines
import Tensors
import TestSupport
import Testing

/// One guided step against the paper's formula, written out over the network's own evaluations.
struct ShotGuidanceTests {
    private struct Step {
        let sampler: ShotSampler
        let inputs: ShotInputs
        let network: Gen1UNet
        let x: HostTensor

        init(_ settings: SampleSettings, hasContent: Bool = true) throws {
            sampler = try ShotSamplerTests.sampler(settings, hasContent: hasContent)
            network = try TinyModel.network(on: TinyModel.backend())
            var inputs = ShotInputs(structure: randomTensor([3, 4, 2, 4], seed: 1))
            if hasContent { inputs.content = randomTensor([1, 6], seed: 2) }
            self.inputs = inputs
            x = randomTensor([3, 4, 2, 4], seed: 3)
        }

        func evaluate(hasContent: Bool, _ mode: Gen1UNet.Mode) throws -> [Double] {
            let backend = TinyModel.backend()
            let clip: Shape = [1, 3, 4, 2, 4]
            return try network(
                sample: backend.upload(x.reshaped(clip)),
                structure: backend.upload(inputs.structure.reshaped(clip)),
                structureLevel: [2],
                timesteps: [Float(sampler.sampler.timesteps[1])],
                content: hasContent ? inputs.content.map { backend.upload($0) } : nil,
                mode: mode
            ).download().values.map(Double.init)
        }

        /// DDIM's deterministic step from v, by hand.
        func advance(_ v: [Double]) -> [Float] {
            let bars = sampler.sampler.schedule.alphaBars
            let now = Double(bars[sampler.sampler.timesteps[1]])
            let next = sampler.sampler.alphaBar(after: 1)
            return zip(x.values, v).map { value, v in
                let x = Double(value)
                let clean = now.squareRoot() * x - (1 - now).squareRoot() * v
                let noise = now.squareRoot() * v + (1 - now).squareRoot() * x
                return Float(next.squareRoot() * clean + (1 - next).squareRoot() * noise)
            }
        }

        func found() throws -> [Float] {
            try sampler.sample(x, window: 0..<3, steps: 1..<2, inputs).values
        }
    }

    @Test(arguments: [(2, 1.5), (7.5, 0.5), (1, 0), (0, 2)])
    func theThreeBranchFormula(_ scale: Double, _ temporalScale: Double) throws {
        let step = try Step(
            ShotSamplerTests.settings {
                $0.guidance = scale
                $0.temporalGuidance = temporalScale
            }
        )
        let image = try step.evaluate(hasContent: false, .image)
        let video = try step.evaluate(hasContent: false, .video)
        let content = try step.evaluate(hasContent: true, .video)
        let guided = image.indices.map { index in
            image[index] + temporalScale * (video[index] - image[index])
                + scale * (content[index] - video[index])
        }
        #expect(nmse(try step.found(), step.advance(guided)) < 1e-10)
    }

    @Test func temporalScaleOneIsPlainGuidance() throws {
        let step = try Step(
            ShotSamplerTests.settings {
                $0.guidance = 4
                $0.temporalGuidance = 1
            }
        )
        #expect(step.sampler.evaluationsPerStep == 2)
        let video = try step.evaluate(hasContent: false, .video)
        let content = try step.evaluate(hasContent: true, .video)
        let guided = video.indices.map { video[$0] + 4 * (content[$0] - video[$0]) }
        #expect(nmse(try step.found(), step.advance(guided)) < 1e-10)
    }

    @Test func bothScalesOneNeedOneEvaluation() throws {
        let step = try Step(
            ShotSamplerTests.settings {
                $0.guidance = 1
                $0.temporalGuidance = 1
            }
        )
        #expect(step.sampler.evaluationsPerStep == 1)
        let content = try step.evaluate(hasContent: true, .video)
        #expect(nmse(try step.found(), step.advance(content)) < 1e-10)
    }

    @Test func withoutContentItsScaleDoesNothing() throws {
        let results = try [0, 3, 9].map { scale in
            try Step(ShotSamplerTests.settings { $0.guidance = scale }, hasContent: false)
        }
        #expect(results.map(\.sampler.evaluationsPerStep) == [2, 2, 2])
        let found = try results.map { try $0.found() }
        #expect(found[1] == found[0] && found[2] == found[0])
        // Null content is what the guidance formula gives for a content that equals it.
        let image = try results[0].evaluate(hasContent: false, .image)
        let video = try results[0].evaluate(hasContent: false, .video)
        let guided = image.indices.map { image[$0] + 1.5 * (video[$0] - image[$0]) }
        #expect(nmse(found[0], results[0].advance(guided)) < 1e-10)
    }

    @Test func guidanceNoNetworkCanFollowNamesItsStep() throws {
        let step = try Step(ShotSamplerTests.settings { $0.guidance = 1e39 })
        let error = #expect(throws: DivergenceError.self) { try step.found() }
        #expect(error?.step == 1)
    }
}
