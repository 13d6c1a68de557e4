import Pipelines
import Tensors
import TestSupport
import Testing

struct ShotFileTests {
    private static let structure = randomTensor([3, 4, 2, 5], seed: 1)

    private func read(
        _ tensors: [String: HostTensor],
        level: Int = 0,
        firstFrame: Int = 0,
        autoencoder: Bool = true
    ) throws -> ShotFile {
        let folder = try TemporaryFolder()
        let model = try Gen1Model(
            TinyModel.open(folder, autoencoder: autoencoder),
            on: TinyModel.backend()
        )
        return try ShotFile(
            tensorFile(tensors, in: folder),
            model: model,
            level: StructureLevel(level),
            firstFrame: firstFrame
        )
    }

    @Test func latentsAreReadChannelsLastWithoutAnAutoencoder() throws {
        let shot = try read(
            [
                "structure": Self.structure, "source": randomTensor([3, 4, 2, 5], seed: 2),
                "content": randomTensor([6], seed: 3),
                "latents": randomTensor([3, 4, 2, 5], seed: 4),
                "mask": HostTensor(repeating: 0.5, [3, 1, 2, 5]),
            ],
            firstFrame: 11,
            autoencoder: false
        )
        #expect(shot.inputs.structure == Self.structure.permuted([0, 2, 3, 1]))
        #expect(shot.inputs.source == randomTensor([3, 4, 2, 5], seed: 2).permuted([0, 2, 3, 1]))
        #expect(shot.latents == randomTensor([3, 4, 2, 5], seed: 4).permuted([0, 2, 3, 1]))
        #expect(shot.inputs.content == randomTensor([1, 6], seed: 3))
        #expect(shot.inputs.mask?.shape == [3, 2, 5, 1])
        #expect(shot.inputs.firstFrame == 11 && shot.inputs.frameCount == 3)
        #expect(try read(["structure": Self.structure]).inputs.content == nil)
    }

    /// Depth is encoded as its grey picture in -1 to 1 would be.
    @Test func depthIsNormalisedOverTheShotAndEncoded() throws {
        let depth = HostTensor((0..<2 * 4 * 6).map { Float($0) * 3 + 5 }, [2, 4, 6])
        let shot = try read(["depth": depth])
        let grey = (0..<48).map { Float($0) / 47 * 2 - 1 }
        let pictures = (0..<2).flatMap { frame in
            (0..<3).flatMap { _ in grey[frame * 24..<(frame + 1) * 24] }
        }
        let other = try read([
            "structure": randomTensor([2, 4, 2, 3], seed: 1),
            "frames": HostTensor(pictures, [2, 3, 4, 6]),
        ])
        #expect(shot.inputs.structure.shape == [2, 2, 3, 4])
        #expect(nmse(shot.inputs.structure, try #require(other.inputs.source)) < 1e-10)
        #expect(try read(["depth": depth], level: 3).inputs.structure != shot.inputs.structure)
    }

    @Test func withoutAnAutoencoderDepthCannotBeEncoded() throws {
        #expect(throws: (any Error).self) {
            try read(["depth": randomTensor([2, 4, 6], seed: 1)], autoencoder: false)
        }
    }

    @Test(
        arguments: [
            ([:], "structure: missing; the file holds nothing"),
            (["other": HostTensor([1], [1])], "structure: missing; the file holds other"),
            (["structure": HostTensor([1], [1])], "structure: expected 4 axes, found [1]"),
            (
                ["structure": randomTensor([3, 3, 2, 5], seed: 1)],
                "structure: expected [F, 4, h, w], found ["
            ),
            (
                ["structure": HostTensor([], [0, 4, 2, 5])],
                "structure: expected [F, 4, h, w], found ["
            ),
            (
                ["structure": HostTensor([], [2, 4, 0, 5])],
                "structure: expected [F, 4, h, w], found ["
            ),
            (["depth": HostTensor([], [0, 4, 6])], "depth: expected frames, found none"),
            (["depth": HostTensor([1, 2], [2])], "depth: expected 3 axes, found [2]"),
            (
                ["depth": HostTensor([1, .nan], [1, 1, 2])],
                "depth: expected finite values, found nan at element 1"
            ),
            (
                ["structure": structure, "depth": randomTensor([3, 4, 10], seed: 1)],
                "structure, depth: expected one of them, found both"
            ),
            (
                [
                    "structure": structure, "source": structure,
                    "frames": randomTensor([3, 3, 4, 10], seed: 1),
                ], "source, frames: expected one of them, found both"
            ),
            (
                ["structure": structure, "source": randomTensor([2, 4, 2, 5], seed: 1)],
                "source: expected latents [3, 2, 5, 4]"
            ),
            (
                ["structure": structure, "frames": randomTensor([3, 3, 4, 8], seed: 1)],
                "frames: expected latents [3, 2, 5, 4]"
            ),
            (
                ["structure": structure, "latents": randomTensor([3, 4, 5, 2], seed: 1)],
                "latents: expected latents [3, 2, 5, 4]"
            ),
            (
                ["structure": structure, "mask": HostTensor(repeating: 1, [3, 1, 2, 5])],
                "mask: expected source or frames"
            ),
            (
                [
                    "structure": structure, "source": structure,
                    "mask": HostTensor(repeating: 1, [3, 4, 2, 5]),
                ], "mask: expected latents [3, 2, 5, 1]"
            ),
            (
                [
                    "structure": structure, "source": structure,
                    "mask": HostTensor(repeating: 1.5, [3, 1, 2, 5]),
                ], "mask: expected values from 0 to 1, found 1.5"
            ),
            (
                ["structure": structure, "content": randomTensor([2, 6], seed: 1)],
                "content: expected [D] or [1, D], found [2, 6]"
            ),
            (
                ["structure": structure, "content": HostTensor([], [0])],
                "content: expected [D] or [1, D], found [0]"
            ),
            (
                ["structure": structure, "content": HostTensor([.infinity], [1])],
                "content: expected finite values, found inf at element 0"
            ),
        ] as [([String: HostTensor], String)]
    )
    func whatDoesNotFitIsOneSentence(_ tensors: [String: HostTensor], _ sentence: String) throws {
        let error = #expect(throws: InputError.self) { try read(tensors) }
        let message = error?.description ?? ""
        #expect(message.contains(sentence), "\(message)")
        #expect(!message.contains("\n"))
    }

    @Test func framesEndBeforeTheNoisesCounter() throws {
        let last = Int(UInt32.max) - 2
        let shot = try read(["structure": Self.structure], firstFrame: last)
        #expect(shot.inputs.firstFrame == last)
        let error = #expect(throws: InputError.self) {
            try read(["structure": Self.structure], firstFrame: last + 1)
        }
        #expect(error?.description.hasPrefix("first frame \(last + 1)") == true)
    }
}
