import Tensors
import Testing
import Training

private let caption = "a red woollen mug on snow, morning light"

struct PartialCaptionTests {
    private func drawn(_ share: Double, count: Int = 2000) -> [String] {
        let partial = PartialCaption(share: share)
        return (0..<count).map { step in
            var generator = Draw(seed: 2, step: step).stream("words")
            return partial(caption, &generator)
        }
    }

    @Test func `none is shortened where none is to be`() {
        #expect(drawn(0, count: 100).allSatisfy { $0 == caption })
    }

    @Test func `what is left is the caption's words in their order`() {
        let words = caption.split(separator: " ")
        for text in drawn(1, count: 200) {
            var rest = words[...]
            for word in text.split(separator: " ") {
                guard let place = rest.firstIndex(of: word) else {
                    Issue.record("\(text)")
                    break
                }
                rest = rest[(place + 1)...]
            }
        }
    }

    /// Half of the largest loss, in the mean over captions of eight words.
    @Test func `a third of the words goes, in the mean`() {
        let left = drawn(1).map { Double($0.split(separator: " ").count) }
        let mean = left.reduce(0, +) / Double(left.count) / 8
        #expect(abs(mean - (1 - PartialCaption.largestLoss / 2)) < 0.02, "\(mean)")
    }

    @Test func `the share is of captions`() {
        // Of the shortened ones a few lose nothing: the loss may be drawn small.
        let whole = Double(drawn(0.5).count { $0 == caption }) / 2000
        #expect((0.5...0.65).contains(whole), "\(whole)")
    }
}
