import Models
import NN
import Tensors
import TestSupport
import Testing

/// Parity with diffusers 0.42.1, element by element.
struct PriorTransformerTests {
    private func prior(_ fixture: NetworkFixture, on backend: any Backend) throws
        -> PriorTransformer
    {
        try fixture.network(on: backend) { config, weights in
            try PriorTransformer(PriorConfig(config), weights)
        }
    }

    private func conditioning(
        _ fixture: NetworkFixture,
        on backend: any Backend
    ) throws -> PriorTransformer.Conditioning {
        let mask = try fixture("in.text_mask")
        return PriorTransformer.Conditioning(
            textEmbedding: backend.upload(try fixture("in.text_embedding")),
            textStates: backend.upload(try fixture("in.text_states")),
            textMask: (0..<mask.shape[0]).map { row in
                (0..<mask.shape[1]).map { mask.values[row * mask.shape[1] + $0] != 0 }
            }
        )
    }

    @Test(arguments: ["prior", "prior_widths"], KernelVersion.available)
    func matchesTheReference(_ name: String, _ kernels: KernelVersion) throws {
        let fixture = try NetworkFixture(golden: name)
        let backend = kernels.backend()
        let found = try prior(fixture, on: backend)(
            backend.upload(try fixture("in.noisy_embedding")),
            timesteps: try fixture("in.timestep").values,
            conditioning(fixture, on: backend)
        ).download()
        #expect(nmse(found, try fixture("out.predicted_embedding")) < 1e-10)
    }

    @Test func paddedStatesDoNotMatter() throws {
        let fixture = try NetworkFixture(golden: "prior")
        let backend = KernelVersion.best.backend()
        let prior = try prior(fixture, on: backend)
        let noisy = backend.upload(try fixture("in.noisy_embedding"))
        let texts = try conditioning(fixture, on: backend)
        var states = try fixture("in.text_states")
        // The second text has three tokens of seven.
        for index in (7 + 3) * 24..<2 * 7 * 24 { states.values[index] = 100 }
        let changed = PriorTransformer.Conditioning(
            textEmbedding: texts.textEmbedding,
            textStates: backend.upload(states),
            textMask: texts.textMask
        )
        let first = try prior(noisy, timesteps: [3, 4, 5], texts).download()
        let second = try prior(noisy, timesteps: [3, 4, 5], changed).download()
        #expect(nmse(second, first) < 1e-12)
    }

    @Test func refusesTensorsThatDoNotFit() throws {
        let fixture = try NetworkFixture(golden: "prior")
        let backend = KernelVersion.best.backend()
        let prior = try prior(fixture, on: backend)
        let noisy = backend.upload(try fixture("in.noisy_embedding"))
        let texts = try conditioning(fixture, on: backend)
        #expect(throws: NetworkInputError("noisy_embedding: expected [2, 24], found [3, 24]")) {
            try prior(noisy, timesteps: [1, 2], texts)
        }
        let short = PriorTransformer.Conditioning(
            textEmbedding: texts.textEmbedding,
            textStates: texts.textStates,
            textMask: Array(texts.textMask.dropLast())
        )
        #expect(throws: NetworkInputError("text_mask: expected [3, 7] flags")) {
            try prior(noisy, timesteps: [1, 2, 3], short)
        }
    }
}
