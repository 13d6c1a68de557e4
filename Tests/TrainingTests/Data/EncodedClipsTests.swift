import Models
import Pipelines
import Tensors
import TestSupport
import Testing
import Training

struct EncodedClipsTests {
    private func clips(bytesMax: Int) throws -> EncodedClips {
        let folder = try TemporaryFolder()
        _ = try FreshModel(.tiny, seed: 2).write(to: folder("model"))
        let model = try CheckpointFolder.open(folder("model"))
        let backend = CPUBackend()
        let autoencoder = try model.component("vae").loadAutoencoder(on: backend)
        let images = try model.component("image_encoder").load(on: backend) {
            try CLIPImageEncoder(CLIPVisionConfig($0), $1)
        }
        return EncodedClips(
            SquareSource(),
            EncodedClips.Networks(
                latents: LatentEncoder(autoencoder, on: backend),
                content: ContentEncoder(images, CLIPPreprocessor(size: 32), on: backend),
                depth: nil
            ),
            depth: .exact,
            bytesMax: bytesMax
        )
    }

    private let request = ClipRequest(frames: 2, width: 32, height: 32)

    private func examples(_ clips: EncodedClips) throws -> [EncodedClips.Example] {
        try (0..<12).map { index in
            var generator = Draw(seed: 4, step: 0).stream("clip", index % 6)
            return try clips.example(
                &generator,
                request,
                level: index % 3 == 0 ? nil : StructureLevel(index % 3),
                frame: index % 2
            )
        }
    }

    @Test func `an example is the same whether it was kept or not`() throws {
        let (without, with) = (try clips(bytesMax: 0), try clips(bytesMax: 1 << 20))
        let found = try [without, with].map { try examples($0) }
        #expect(found[0] == found[1])
        #expect(without.counts.hits == 0)
        #expect(with.counts.hits > 10)
    }

    @Test func `latents, structure and content are those of inference`() throws {
        let clips = try clips(bytesMax: 0)
        let found = try examples(clips)
        #expect(found[0].latents.shape == [2, 4, 4, 4])
        #expect(found[0].structure == HostTensor(repeating: 0, [2, 4, 4, 4]))
        #expect(found[1].structure.shape == [2, 4, 4, 4])
        #expect(found[1].structure != found[0].structure)
        #expect(found[0].content.shape == [32])
        // The same clip at another level has the same latents and another structure.
        #expect(found[7].latents == found[1].latents)
        #expect(found[8].latents == found[2].latents)
        #expect(found[5].latents == found[11].latents)
    }
}
