import Models
import NN
import Tensors
import TestSupport
import Testing

struct FreshModelTests {
    @Test(arguments: FreshModel.Sizes.allCases)
    func everyComponentIsThereAndSound(sizes: FreshModel.Sizes) throws {
        let folder = try TemporaryFolder()
        _ = try FreshModel(sizes, seed: 3).write(to: folder("tiny"))
        let model = try CheckpointFolder.open(folder("tiny"))
        #expect(
            model.components.map(\.name) == [
                "depth_estimator", "image_encoder", "prior", "scheduler", "text_encoder",
                "tokenizer", "unet", "vae",
            ]
        )
        for component in model.components {
            let kind = try component.kind()
            guard kind.hasWeights else { continue }
            let declared = try kind.declarations(try component.config()).map(\.key)
            #expect(declared.sorted() == (try component.tensors().names).sorted())
        }
    }

    /// Every byte is a token, so that every prompt is a different one.
    @Test func itsTokenizerTellsTextsApart() throws {
        let folder = try TemporaryFolder()
        _ = try FreshModel(.tiny, seed: 3).write(to: folder("tiny"))
        let tokenizer = try BPETokenizer.load(folder: folder("tiny/tokenizer"))
        let tokens = ["a red frog", "a red fox", "зеленый"].map { tokenizer($0).ids }
        #expect(Set(tokens).count == 3)
        #expect(tokens.allSatisfy { $0.count == 77 && $0.allSatisfy { (0..<514).contains($0) } })
    }

    /// What a farm makes of a clip has to depend on the clip.
    @Test(arguments: UInt64(0)..<4)
    func itsDepthTellsPicturesApart(seed: UInt64) throws {
        let folder = try TemporaryFolder()
        _ = try FreshModel(.tiny, seed: seed).write(to: folder("tiny"))
        let backend = KernelVersion.best.backend()
        let component = try CheckpointFolder.open(folder("tiny")).component("depth_estimator")
        let estimator = try component.load(on: backend) { config, weights in
            try DepthEstimator(DPTConfig(config), weights)
        }
        func depth(_ frequency: Int) throws -> [Float] {
            let values = (0..<64 * 64 * 3).map { Float($0 * frequency % 251) / 125 - 1 }
            return try estimator(backend.upload(HostTensor(values, [1, 64, 64, 3]))).download()
                .values
        }
        let (first, second) = (try depth(1), try depth(7))
        #expect(first != second)
        #expect(Set(first).count > 100 && first.allSatisfy { $0 >= 0 })
    }

    @Test func aSecondOneIsNotWrittenOverTheFirst() throws {
        let folder = try TemporaryFolder()
        _ = try FreshModel(.tiny, seed: 3).write(to: folder("tiny"))
        #expect(throws: CheckpointError.self) {
            try FreshModel(.tiny, seed: 4).write(to: folder("tiny"))
        }
    }
}
