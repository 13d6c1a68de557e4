import Models
import Testing

private func tokenizer(_ training: BPETraining, length: Int = 16) throws -> BPETokenizer {
    try BPETokenizer(
        vocabulary: training.vocabulary,
        merges: training.merges,
        specials: SpecialTokens(
            start: BPETraining.start,
            end: BPETraining.end,
            unknown: BPETraining.end,
            padding: BPETraining.end,
            matches: []
        ),
        length: length
    )
}

struct BPETrainingTests {
    @Test func `the most frequent pair merges first`() {
        // Sennrich et al. 2016, figure 1.
        let training = BPETraining(
            counts: ["low": 5, "lowest": 2, "newer": 6, "wider": 3],
            mergesMax: 3
        )
        #expect(training.merges.map { "\($0.left) \($0.right)" } == ["e r</w>", "l o", "e w"])
    }

    @Test func `with merges enough every word is one token, and others still have tokens`() throws {
        let words = ["red", "green", "grey", "torus", "on", "snow", "now", "a", "an", ",", "grün"]
        let training = BPETraining(
            counts: Dictionary(uniqueKeysWithValues: words.map { ($0, 1) }),
            mergesMax: 1000
        )
        let tokenizer = try tokenizer(training)
        for word in words {
            #expect(tokenizer(word).count == 3, "\(word)")
        }
        let texts = words + ["reds", "zebra", "рыба"]
        #expect(Set(texts.map { tokenizer($0).ids }).count == texts.count)
        #expect(tokenizer("a red torus on snow, now").count == 9)
        #expect(training.vocabulary.count == tokenizer.vocabularySize)
    }

    @Test func `no merges leave the bytes`() throws {
        let training = BPETraining(counts: ["abc": 1], mergesMax: 0)
        #expect(training.vocabulary.count == 514)
        #expect(try tokenizer(training)("abc").count == 5)
    }
}
