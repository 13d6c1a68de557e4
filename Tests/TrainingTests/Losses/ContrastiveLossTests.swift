import Glibc
import Tensors
import TestSupport
import Testing
import Training

private let captions = ["red", "blue", "red", "green", "grey"]

private func batch(seed: UInt64) -> ContrastiveLoss.Batch {
    ContrastiveLoss.Batch(
        images: randomTensor([5, 7], seed: seed).values.map { Double($0) },
        texts: randomTensor([5, 7], seed: seed + 1).values.map { Double($0) },
        channels: 7,
        captions: captions
    )
}

struct ContrastiveLossTests {
    @Test func `the gradients are the loss's slopes`() {
        let batch = batch(seed: 1)
        let found = batch.judged(logScale: 1.3)
        let images = slopeError(at: batch.images, found.images) {
            var other = batch
            other.images = $0
            return other.judged(logScale: 1.3).value
        }
        let texts = slopeError(at: batch.texts, found.texts) {
            var other = batch
            other.texts = $0
            return other.judged(logScale: 1.3).value
        }
        let scale = slopeError(at: [1.3], [found.logScale]) {
            batch.judged(logScale: $0[0]).value
        }
        #expect(images < 1e-7)
        #expect(texts < 1e-7)
        #expect(scale < 1e-7)
    }

    @Test func `τ counts as its bound while it is above, and is only led back`() {
        let (bound, batch) = (log(ContrastiveLoss.scaleMax), batch(seed: 3))
        let (at, above) = (batch.judged(logScale: bound), batch.judged(logScale: bound + 1))
        #expect(above.value == at.value)
        #expect(above.images == at.images)
        // Of unrelated embeddings a smaller scale is better, so the slope leads down.
        #expect(at.logScale > 0)
        #expect(above.logScale == at.logScale)
        // Of embeddings that agree a larger one is: there the slope would lead further up.
        var agreeing = batch
        agreeing.texts = agreeing.images
        let distinct = ContrastiveLoss.Batch(
            images: agreeing.images,
            texts: agreeing.images,
            channels: 7,
            captions: ["a", "b", "c", "d", "e"]
        )
        #expect(distinct.judged(logScale: bound).logScale < 0)
        #expect(distinct.judged(logScale: bound + 1).logScale == 0)
    }

    @Test func `equal captions are no negatives`() {
        // Two images of one caption with one embedding: nothing can be better than even odds.
        let row: [Float] = [1, 0]
        let both = HostTensor(row + row, [2, 2])
        let loss = ContrastiveLoss()
        let same = loss(images: both, texts: both, logScale: 3, captions: ["a", "a"])
        #expect(abs(same.value - log(2)) < 1e-12)
        #expect(same.images.values.allSatisfy { $0 == 0 })
        #expect(same.accuracy == 1)
        let different = loss(images: both, texts: both, logScale: 3, captions: ["a", "b"])
        #expect(different.accuracy == 0.5)
    }

    @Test func `a perfect match with a large scale costs next to nothing`() {
        let identity = HostTensor([1, 0, 0, 0, 1, 0, 0, 0, 1], [3, 3])
        let found = ContrastiveLoss()(
            images: identity,
            texts: identity,
            logScale: 4.6,
            captions: ["a", "b", "c"]
        )
        #expect(found.value < 1e-40)
        #expect(found.accuracy == 1)
    }
}
