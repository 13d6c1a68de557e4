import Tensors
import TestSupport
import Testing
import Training

struct DrawTests {
    private func first(_ draw: Draw, _ name: String = "noise", _ index: Int = 0) -> UInt64 {
        var stream = draw.stream(name, index)
        return stream.next()
    }

    @Test func `seed, step, micro-batch, name and index each give another stream`() {
        var words: Set<UInt64> = []
        var count = 0
        for seed: UInt64 in [0, 1, 1 << 32, .max] {
            for step in [0, 1, 1000, Int(UInt32.max)] {
                for micro in [0, 1, 65_535] {
                    let draw = Draw(seed: seed, step: step, micro: micro)
                    for (name, index) in [("noise", 0), ("noise", 1), ("eoisn", 0), ("", 65_535)] {
                        words.insert(first(draw, name, index))
                        count += 1
                    }
                }
            }
        }
        #expect(words.count == count)
    }

    @Test func `a stream is the same whoever asked for others before`() {
        let draw = Draw(seed: 7, step: 12, micro: 1)
        let alone = first(draw)
        _ = first(draw, "timestep")
        _ = first(Draw(seed: 7, step: 11))
        #expect(first(draw) == alone)
    }
}
