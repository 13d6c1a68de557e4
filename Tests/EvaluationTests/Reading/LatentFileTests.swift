import Diffusion
import Evaluation
import Pipelines
import Tensors
import TestSupport
import Testing

struct LatentFileTests {
    private let plan: WindowPlan

    init() throws { plan = try WindowPlan(frameCount: 10, length: 6, overlap: 2) }

    private func read(_ tensors: [String: HostTensor]) throws -> LatentFile {
        let folder = try TemporaryFolder()
        try SafetensorsFile.write(tensors, to: folder("l.safetensors"))
        return try LatentFile(reading: folder("l.safetensors"), plan: plan, taper: .hann)
    }

    private func windows() -> [String: HostTensor] {
        [
            "window.0": randomTensor([6, 2, 3, 3], seed: 1),
            "window.1": randomTensor([6, 2, 3, 3], seed: 2),
        ]
    }

    @Test func `windows are blended unless their blend is there`() throws {
        let alone = try read(windows())
        let parts = try #require(alone.windows)
        #expect(alone.blended == LatentFuser(BlendWeights(plan, taper: .hann)).fuse(parts))
        var both = windows()
        both["latent"] = randomTensor([10, 2, 3, 3], seed: 3)
        #expect(try read(both).blended == both["latent"])
        let blend = try read(["latents": randomTensor([10, 2, 3, 3], seed: 3)])
        #expect(blend.windows == nil)
    }

    @Test func `what does not fit is refused`() throws {
        var tensors = windows()
        tensors["window.1"] = randomTensor([6, 2, 3, 4], seed: 2)
        let mixed = tensors
        tensors["window.1"] = randomTensor([5, 2, 3, 3], seed: 2)
        let short = tensors
        tensors = windows()
        tensors["latent"] = randomTensor([10, 2, 3, 4], seed: 3)
        let other = tensors
        tensors = windows()
        tensors["window.0"]?.values[4] = .infinity
        let infinite = tensors
        for bad in [mixed, short, other, infinite, ["x": randomTensor([2], seed: 1)], [:]] {
            #expect(throws: InputError.self) { try read(bad) }
        }
    }
}
