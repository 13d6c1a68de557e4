import Foundation
import Models
import Pipelines
import Tensors
import TestSupport
import Testing

struct ModelFactsTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        _ = try FreshModel(.tiny, seed: 1).write(to: folder("model"))
    }

    private func facts() throws -> ModelFacts {
        try ModelFacts(CheckpointFolder.open(folder("model")))
    }

    @Test func theyComeFromTheConfigs() throws {
        let facts = try facts()
        #expect(facts.latentScale == 8 && facts.latentChannels == 4)
        #expect(facts.sizeMultiple == 16)
        #expect(facts.maxFrames == 16 && facts.contentChannels == 32)
        #expect(facts.takesPrompts && facts.takesPictures)
        #expect(facts.missing(forPrompt: true, forPicture: true) == nil)
    }

    @Test func `weights that are not there are named before a job begins`() throws {
        let model = try CheckpointFolder.open(folder("model"))
        func check(_ variant: String?, prompt: Bool = true, picture: Bool = true) throws {
            try ModelFacts.checkWeights(
                model,
                variant: variant,
                forPrompt: prompt,
                forPicture: picture
            )
        }
        try check(nil)
        let error = #expect(throws: CheckpointError.self) { try check("fp16") }
        #expect(error?.description.contains("unet") == true)
        #expect(error?.description.contains("fp16.safetensors") == true)
        // What the job does not need may be missing.
        try FileManager.default.removeItem(
            atPath: folder("model/prior/diffusion_pytorch_model.safetensors")
        )
        #expect(throws: CheckpointError.self) { try check(nil) }
        try check(nil, prompt: false)
    }

    @Test func whatIsMissingIsNamed() throws {
        try FileManager.default.removeItem(atPath: folder("model/prior"))
        try FileManager.default.removeItem(atPath: folder("model/image_encoder"))
        try changeModelIndex(of: folder("model")) {
            $0["prior"] = nil
            $0["image_encoder"] = nil
        }
        let facts = try facts()
        #expect(facts.missing(forPrompt: true, forPicture: false)?.contains("prior") == true)
        #expect(
            facts.missing(forPrompt: false, forPicture: true)?.contains("image_encoder") == true
        )
        #expect(facts.missing(forPrompt: false, forPicture: false) == nil)
    }

    /// A hash that is easy to follow: FNV-1a over 8 bytes.
    private func hash(_ bytes: [UInt8]) -> [UInt8] {
        var state: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return (0..<8).map { UInt8(truncatingIfNeeded: state >> (8 * $0)) }
    }

    @Test func aFingerprintTellsModelsApart() throws {
        _ = try FreshModel(.tiny, seed: 2).write(to: folder("other"))
        let first = try ModelFingerprint.of(CheckpointFolder.open(folder("model")), hash: hash)
        let other = try ModelFingerprint.of(CheckpointFolder.open(folder("other")), hash: hash)
        #expect(first != other)
        try FileManager.default.copyItem(atPath: folder("model"), toPath: folder("copy"))
        let copy = try ModelFingerprint.of(CheckpointFolder.open(folder("copy")), hash: hash)
        #expect(copy == first)
        let config = folder("copy/vae/config.json")
        let text = try SystemFile.read(config, limit: 1 << 20)
        try SystemFile.writeAtomically(text + [10], to: config)
        let edited = try ModelFingerprint.of(CheckpointFolder.open(folder("copy")), hash: hash)
        #expect(edited != first)
    }
}
