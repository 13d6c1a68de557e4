import Models
import Tensors
import TestSupport
import Testing
import Training

struct PromptContentTests {
    private func content(_ texts: [String], _ start: StartingModel) throws -> PromptContent {
        try PromptContent(texts, draws: 2, start, on: CPUBackend())
    }

    private func draws(_ content: PromptContent, count: Int = 40) -> [[UInt32]] {
        (0..<count).map { step in
            var generator = Draw(seed: 3, step: step).stream("content")
            return content.draw(&generator).values.map(\.bitPattern)
        }
    }

    @Test func `as many embeddings as are asked for stand for each text`() throws {
        let short = try ShortTraining()
        let (one, two) = (
            try content(["a mug"], short.start), try content(["a mug", "a red cube"], short.start)
        )
        #expect(Set(draws(one)).count == 2)
        #expect(Set(draws(two)).count == 4)
        // The first text's are the same, whatever follows.
        #expect(Set(draws(one)).isSubset(of: Set(draws(two))))
    }

    @Test func `the starting model's seed decides them`() throws {
        let short = try ShortTraining()
        let other = try StartingModel(short.start.folder.path, seed: 2)
        let found = try [short.start, short.start, other].map { start in
            draws(try content(["a mug"], start))
        }
        #expect(found[0] == found[1])
        #expect(Set(found[0]).isDisjoint(with: found[2]))
    }

    @Test func `a model that takes no prompts is an error that says what it needs`() throws {
        let short = try ShortTraining()
        let path = short.start.folder.path
        try SystemFile.removeTree("\(path)/prior")
        try changeModelIndex(of: path) { $0["prior"] = nil }
        let start = try StartingModel(path, seed: 1)
        #expect {
            _ = try PromptContent(["a mug"], start, on: CPUBackend())
        } throws: { error in
            "\(error)" == "\(path): the model takes no prompts: it needs prior, text_encoder and "
                + "tokenizer"
        }
    }
}
