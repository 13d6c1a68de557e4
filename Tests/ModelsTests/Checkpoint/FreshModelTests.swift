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

    @Test func aSecondOneIsNotWrittenOverTheFirst() throws {
        let folder = try TemporaryFolder()
        _ = try FreshModel(.tiny, seed: 3).write(to: folder("tiny"))
        #expect(throws: CheckpointError.self) {
            try FreshModel(.tiny, seed: 4).write(to: folder("tiny"))
        }
    }
}
