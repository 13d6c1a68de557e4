import Models
import NN
import Tensors
import TestSupport
import Testing

struct Gen1ClipTests {
    private let branches = [
        Gen1Clip.Branch(hasContent: false, mode: .image),
        Gen1Clip.Branch(hasContent: false, mode: .video),
        Gen1Clip.Branch(hasContent: true, mode: .video),
    ]

    private func network(_ fixture: NetworkFixture, on backend: any Backend) throws -> Gen1UNet {
        try fixture.network(on: backend) { config, weights in
            try Gen1UNet(try Gen1Config(config), weights)
        }
    }

    /// What a step's evaluations share, and what stays the same over all steps, changes no bit of
    /// any of them.
    @Test(arguments: KernelVersion.available)
    func sharingChangesNoBit(_ kernels: KernelVersion) throws {
        let fixture = try NetworkFixture(golden: "gen1")
        let backend = kernels.backend()
        let network = try network(fixture, on: backend)
        let sample = backend.upload(channelsLast(try fixture("in.sample")))
        let structure = backend.upload(channelsLast(try fixture("in.structure")))
        let levels = try fixture("in.structure_level").values
        let content = backend.upload(try fixture("in.content"))
        let clip = try network.prepare(
            structure: structure,
            structureLevel: levels,
            content: content
        )
        var seen: Set<[UInt32]> = []
        for timesteps: [Float] in [[700], [20]] {
            let found = try network.evaluate(
                sample,
                of: clip,
                timesteps: timesteps,
                branches: branches
            )
            for (branch, found) in zip(branches, found) {
                let alone = try network(
                    sample: sample,
                    structure: structure,
                    structureLevel: levels,
                    timesteps: timesteps,
                    content: branch.hasContent ? content : nil,
                    mode: branch.mode
                ).download()
                let bits = try found.download().values.map(\.bitPattern)
                #expect(bits == alone.values.map(\.bitPattern))
                seen.insert(bits)
            }
        }
        #expect(seen.count == 6)
    }

    @Test func sharedProductsAreComputedOnce() throws {
        let fixture = try NetworkFixture(golden: "gen1")
        let backend = ShapeBackend()
        let network = try network(fixture, on: backend)
        let shape = channelsLast(try fixture("in.sample")).shape
        let sample = backend.allocate(shape)
        let clip = try network.prepare(
            structure: backend.allocate(shape),
            structureLevel: [2],
            content: backend.allocate(channelsLast(try fixture("in.content")).shape)
        )
        func operations(_ branches: [Gen1Clip.Branch]) throws -> Int {
            let before = backend.productOperations
            _ = try network.evaluate(sample, of: clip, timesteps: [500], branches: branches)
            return backend.productOperations - before
        }
        // The first evaluations also make what layers keep of the contents.
        let first = try operations(branches)
        let together = try operations(branches)
        #expect(together < first)
        let alone = try branches.map { try operations([$0]) }
        let convolution = 2 * shape.count / 4 * 9 * 32
        // Image and video share conv_in (12 channels to 32) and the first convolution (32 to 32).
        let pair = try operations([branches[0], branches[1]])
        #expect(alone[0] + alone[1] - pair >= convolution * (12 + 32))
        // Two videos share the whole first block and its self-attention as well.
        let videos = try operations([branches[1], branches[2]])
        #expect(alone[1] + alone[2] - videos > convolution * (12 + 2 * 32))
        #expect(together < alone.reduce(0, +))
    }

    @Test func whatDoesNotFitIsNamed() throws {
        let fixture = try NetworkFixture(golden: "gen1")
        let backend = ShapeBackend()
        let network = try network(fixture, on: backend)
        let shape = channelsLast(try fixture("in.sample")).shape
        let clip = try network.prepare(
            structure: backend.allocate(shape),
            structureLevel: [2],
            content: nil
        )
        func message(_ body: () throws -> Void) -> String {
            let error = #expect(throws: NetworkInputError.self) { try body() }
            return error?.description ?? ""
        }
        let other = Shape([shape[0], shape[1] + 1] + shape.dimensions.dropFirst(2))
        let sample = message {
            _ = try network.evaluate(
                backend.allocate(other),
                of: clip,
                timesteps: [1],
                branches: [branches[0]]
            )
        }
        #expect(sample.hasPrefix("sample: expected the shape of the structure"))
        let content = message {
            _ = try network.evaluate(
                backend.allocate(shape),
                of: clip,
                timesteps: [1],
                branches: [branches[2]]
            )
        }
        #expect(content.hasPrefix("content: missing"))
        let structure = message {
            _ = try network.prepare(
                structure: backend.allocate([1, 2, 4, 4, 3]),
                structureLevel: [0],
                content: nil
            )
        }
        #expect(structure.hasPrefix("structure: expected"))
        let level = message {
            _ = try network.prepare(
                structure: backend.allocate(shape),
                structureLevel: [.nan],
                content: nil
            )
        }
        #expect(level.hasPrefix("structure_level: expected finite"))
    }
}
