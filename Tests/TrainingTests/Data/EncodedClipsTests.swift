import Models
import Pipelines
import Tensors
import TestSupport
import Testing
import Training

struct EncodedClipsTests {
    private func clips(
        bytesMax: Int,
        keepsDepth: Bool = false,
        shared: TensorFolder? = nil,
        latents: String = "vae 1",
        source: SquareSource = SquareSource()
    ) throws -> EncodedClips {
        let folder = try TemporaryFolder()
        _ = try FreshModel(.tiny, seed: 2).write(to: folder("model"))
        let model = try CheckpointFolder.open(folder("model"))
        let backend = CPUBackend()
        let autoencoder = try model.component("vae").loadAutoencoder(on: backend)
        let images = try model.component("image_encoder").load(on: backend) {
            try CLIPImageEncoder(CLIPVisionConfig($0), $1)
        }
        var keeping = EncodedClips.Keeping(bytesMax: bytesMax)
        keeping.keepsDepth = keepsDepth
        keeping.shared = shared.map {
            EncodedClips.Shared($0, latents: latents, content: "clip 1", depth: "")
        }
        return EncodedClips(
            source,
            EncodedClips.Networks(
                latents: LatentEncoder(autoencoder, on: backend),
                content: ContentEncoder(images, CLIPPreprocessor(size: 32), on: backend),
                depth: nil
            ),
            depth: .exact,
            keeping
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

    /// The same clip with its own content, and with its twin's.
    private func pair(_ clips: EncodedClips) throws -> [EncodedClips.Example] {
        try [false, true].map { isTwin in
            var generator = Draw(seed: 4, step: 0).stream("clip")
            return try clips.example(&generator, request, level: nil, frame: 0, isTwin: isTwin)
        }
    }

    @Test func `a twin gives content and nothing else, kept or not`() throws {
        var source = SquareSource()
        source.hasTwins = true
        let folder = try TemporaryFolder()
        let shared = try TensorFolder(folder.path, bytesMax: 1 << 24) { Issue.record("\($0)") }
        let found = try [
            clips(bytesMax: 0, source: source), clips(bytesMax: 1 << 20, source: source),
            clips(bytesMax: 0, shared: shared, source: source),
            clips(bytesMax: 0, shared: shared, source: source),
        ].map { try pair($0) }
        #expect(found[0][0].latents == found[0][1].latents)
        #expect(found[0][0].content != found[0][1].content)
        #expect(found.allSatisfy { $0 == found[0] })
    }

    @Test func `where there is no twin the content is the clip's own`() throws {
        let found = try pair(clips(bytesMax: 0))
        #expect(found[0] == found[1])
    }

    @Test func `an example is the same whether it was kept or not`() throws {
        let (without, with) = (try clips(bytesMax: 0), try clips(bytesMax: 1 << 20))
        let found = try [without, with].map { try examples($0) }
        #expect(found[0] == found[1])
        #expect(without.counts.hits == 0)
        #expect(with.counts.hits > 10)
    }

    @Test func `a folder changes no bit, and another run finds all in it`() throws {
        let folder = try TemporaryFolder()
        func open() throws -> TensorFolder {
            try TensorFolder(folder("kept"), bytesMax: 1 << 24) { Issue.record("\($0)") }
        }
        let plain = try examples(try clips(bytesMax: 0))
        for keepsDepth in [false, true] {
            let first = try open()
            let found = try examples(try clips(bytesMax: 0, keepsDepth: keepsDepth, shared: first))
            #expect(found == plain)
            let again = try open()
            let rest = try examples(try clips(bytesMax: 0, keepsDepth: keepsDepth, shared: again))
            #expect(rest == plain)
            #expect(again.counts.misses == 0 && again.counts.hits > 20)
        }
        // Of other networks nothing is found but what they do not make.
        let other = try open()
        let clips = try clips(bytesMax: 0, shared: other, latents: "vae 2")
        #expect(try examples(clips) == plain)
        #expect(other.counts.misses > 8)
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
