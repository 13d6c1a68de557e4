import Evaluation
import Models
import Pipelines
import Tensors
import TestSupport
import Testing

struct EvaluationModelTests {
    private let backend = CPUBackend(CPUConfiguration(threads: 1))
    private let still = TestClips.clip(3, width: 20, height: 16) { _, x, y in Float(3 * x + y) }

    @Test func `a whole model tells everything of a clip and a text`() throws {
        let folder = try TemporaryFolder()
        _ = try FreshModel(.tiny, seed: 1).write(to: folder("model"))
        let model = EvaluationModel(
            try CheckpointFolder.open(folder("model")),
            on: backend,
            deviceClass: "cpu"
        )
        let embeddings = try #require(try model.embeddings(of: still).value)
        #expect(embeddings.count == 3)
        #expect(embeddings[0] == embeddings[2], "equal frames have equal embeddings")
        #expect(FrameConsistency(embeddings).allPairs > 0.999_999)
        let texts = try ["a cat", "a dog", "a cat"].map { text in
            try #require(try model.embedding(of: text).value)
        }
        #expect(texts[0].count == embeddings[0].count)
        #expect(texts[0] == texts[2] && texts[0] != texts[1])
        let depth = try #require(try model.depth(of: still).value)
        #expect(depth.shape == [3, 16, 20])
        #expect(try model.windows().length > 1)
    }

    @Test func `what a folder does not have is told, not an error`() throws {
        let folder = try TemporaryFolder()
        try FreshModel(.tiny, seed: 1).component(.imageEncoder).write(to: folder("model"))
        let model = EvaluationModel(
            try CheckpointFolder.open(folder("model")),
            on: backend,
            deviceClass: "cpu"
        )
        #expect(try model.embeddings(of: still).value != nil)
        guard case .absent(let reason) = try model.depth(of: still),
            case .absent(let text) = try model.embedding(of: "a cat")
        else {
            Issue.record("depth and text without their networks")
            return
        }
        #expect(reason == "\(folder("model")) has no depth_estimator")
        #expect(text == "\(folder("model")) has no text_encoder")
        #expect(try model.windows() == WindowArrangement())
    }

    @Test func `a model's windows are those it is rendered with`() throws {
        let folder = try TemporaryFolder()
        _ = try FreshModel(.tiny, seed: 1).write(to: folder("model"))
        try changeModelIndex(of: folder("model")) {
            $0[SamplingDefaults.key] = .object(["window": .integer(4), "overlap": .integer(1)])
        }
        let model = EvaluationModel(
            try CheckpointFolder.open(folder("model")),
            on: backend,
            deviceClass: "cpu"
        )
        #expect(model.name == folder("model"))
        let windows = try model.windows()
        #expect(windows.length == 4 && windows.shared == 1)
    }

    @Test func `a damaged network is an error`() throws {
        let folder = try TemporaryFolder()
        try FreshModel(.tiny, seed: 1).component(.imageEncoder).write(to: folder("model"))
        _ = try folder.write("{", to: "model/image_encoder/config.json")
        let model = EvaluationModel(
            try CheckpointFolder.open(folder("model")),
            on: backend,
            deviceClass: "cpu"
        )
        #expect(throws: (any Error).self) { try model.embeddings(of: still) }
    }
}
