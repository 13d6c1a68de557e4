import Diffusion
import Foundation
import Models
import NN
import Pipelines
import Tensors
import TestSupport
import Testing

/// Parity of the whole loop with diffusers 0.42.1, its noise recorded.
struct PriorSamplingTests {
    private struct Case {
        let fixture: NetworkFixture
        let prior: PriorTransformer
        let backend: any Backend

        init(_ name: String) throws {
            let path = "\(Bundle.module.resourcePath ?? "")/Goldens/\(name).safetensors"
            fixture = try NetworkFixture(path)
            backend = CPUBackend()
            let store = ParameterStore(fixture.weights, backend: backend)
            let config = ConfigObject(fixture.config, label: "config.json")
            prior = try PriorTransformer(PriorConfig(config), store.root)
            try store.finish()
        }

        /// Row `index` of the recorded texts: the empty one first.
        func text(_ index: Int) throws -> PriorTransformer.Conditioning {
            let mask = try fixture("in.text_mask")
            let tokens = mask.shape[1]
            return PriorTransformer.Conditioning(
                textEmbedding: backend.upload(try fixture("in.text_embedding"))
                    .outer(index..<index + 1),
                textStates: backend.upload(try fixture("in.text_states")).outer(index..<index + 1),
                textMask: [(0..<tokens).map { mask.values[index * tokens + $0] != 0 }]
            )
        }

        func noise() throws -> [HostTensor] {
            let noise = try fixture("in.noise")
            let shape = try fixture("in.start").shape
            return (0..<noise.shape[0]).map { step in
                let range = step * shape.count..<(step + 1) * shape.count
                return HostTensor(Array(noise.values[range]), shape)
            }
        }

        func sampler(steps: Int) throws -> UnCLIPSampler {
            var config = UnCLIPConfig()
            config.prediction = .sample
            config.clippingBound = Double(try fixture("in.clip_range").values[0])
            return try UnCLIPSampler(config, steps: steps)
        }
    }

    @Test(arguments: ["prior_loop", "prior_loop_clipped"])
    func matchesTheReference(_ name: String) throws {
        let recorded = try Case(name)
        let noise = try recorded.noise()
        let sampling = PriorSampling(
            recorded.prior,
            try recorded.sampler(steps: noise.count + 1),
            guidance: try recorded.fixture("in.guidance").values[0]
        )
        let found = try sampling(
            prompts: recorded.text(1),
            empty: recorded.text(0),
            start: recorded.fixture("in.start"),
            noise: noise
        )
        #expect(nmse(found, try recorded.fixture("out.embedding")) < 1e-9)
    }

    @Test func withGuidanceOneTheEmptyTextDoesNotMatter() throws {
        let recorded = try Case("prior_loop_clipped")
        let noise = try recorded.noise()
        let sampler = try recorded.sampler(steps: noise.count + 1)
        let sampling = PriorSampling(recorded.prior, sampler, guidance: 1)
        let start = try recorded.fixture("in.start")
        let results = try [0, 1].map { empty in
            try sampling(
                prompts: recorded.text(1),
                empty: recorded.text(empty),
                start: start,
                noise: noise
            )
        }
        #expect(results[0] == results[1])
        // Where prompt and empty text are one, no guidance changes anything.
        let guided = try PriorSampling(recorded.prior, sampler, guidance: 3)(
            prompts: recorded.text(1),
            empty: recorded.text(1),
            start: start,
            noise: noise
        )
        #expect(nmse(guided, results[0]) < 1e-9)
    }

    @Test func refusesTooLittleNoise() throws {
        let recorded = try Case("prior_loop_clipped")
        let noise = try recorded.noise()
        let sampler = try recorded.sampler(steps: noise.count + 1)
        #expect(throws: NetworkInputError.self) {
            try PriorSampling(recorded.prior, sampler, guidance: 2)(
                prompts: recorded.text(1),
                empty: recorded.text(0),
                start: recorded.fixture("in.start"),
                noise: Array(noise.dropLast())
            )
        }
    }
}
