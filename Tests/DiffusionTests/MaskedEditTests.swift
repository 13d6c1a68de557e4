import Diffusion
import Tensors
import TestSupport
import Testing

struct MaskedEditTests {
    static let shape: Shape = [3, 4, 5, 4]
    static let source = randomTensor(shape, seed: 1)
    static let noise = randomTensor(shape, seed: 2)
    static let latents = randomTensor(shape, seed: 3)

    /// A mask that is 1 on the pixels `isKept` picks.
    static func mask(_ isKept: (Int) -> Float) -> HostTensor {
        HostTensor((0..<60).map(isKept), [3, 4, 5, 1])
    }

    @Test(arguments: [0, 20, 48])
    func keptPixelsCarryTheSourceAtTheStepsLevel(index: Int) throws {
        let sampler = try DDIMSampler(.stableDiffusion, steps: 50)
        let mask = Self.mask { $0 % 3 == 0 ? 1 : 0 }
        let edit = MaskedEdit(source: Self.source, noise: Self.noise, mask: mask)
        let result = edit.reinsert(into: Self.latents, after: index, of: sampler)
        let level = sampler.schedule.noising(at: sampler.timesteps[index + 1])
        let noised = level(Self.source, noise: Self.noise)
        for element in 0..<Self.shape.count {
            let expected = element / 4 % 3 == 0 ? noised : Self.latents
            #expect(result.values[element] == expected.values[element])
        }
    }

    /// Even where the schedule ends short of ᾱ = 1.
    @Test func lastStepRestoresTheSourceToTheBit() throws {
        let sampler = try DDIMSampler(.stableDiffusion, steps: 10)
        let edit = MaskedEdit(source: Self.source, noise: Self.noise, mask: Self.mask { _ in 1 })
        #expect(edit.reinsert(into: Self.latents, after: 9, of: sampler) == Self.source)
    }

    @Test func featheredPixelsMixBoth() throws {
        let sampler = try DDIMSampler(.stableDiffusion, steps: 10)
        let edit = MaskedEdit(source: Self.source, noise: Self.noise, mask: Self.mask { _ in 0.25 })
        let result = edit.reinsert(into: Self.latents, after: 9, of: sampler)
        let expected = zip(Self.source.values, Self.latents.values).map { 0.25 * $0 + 0.75 * $1 }
        #expect(nmse(result.values, expected) < 1e-12)
    }

    @Test func deviceReinsertsTheSame() throws {
        let sampler = try DDIMSampler(.stableDiffusion, steps: 10)
        let mask = Self.mask { Float($0 % 4) / 3 }
        let edit = MaskedEdit(source: Self.source, noise: Self.noise, mask: mask)
        let found = try edit.reinsert(
            into: CPUBackend().upload(Self.latents),
            after: 4,
            of: sampler
        ).download()
        #expect(found == edit.reinsert(into: Self.latents, after: 4, of: sampler))
    }
}
