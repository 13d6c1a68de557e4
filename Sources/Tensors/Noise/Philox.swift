/// The counter-based generator Philox4x32.
///
/// Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3": a keyed bijection of 128-bit
/// counters, so that any machine makes any word without making those before it.
package struct Philox4x32: Hashable, Sendable {
    /// Four 32-bit words: a counter, or the generator's output for one.
    package struct Block: Hashable, Sendable {
        package var word0: UInt32
        package var word1: UInt32
        package var word2: UInt32
        package var word3: UInt32

        package init(_ word0: UInt32, _ word1: UInt32, _ word2: UInt32, _ word3: UInt32) {
            self.word0 = word0
            self.word1 = word1
            self.word2 = word2
            self.word3 = word3
        }
    }

    private let key0: UInt32
    private let key1: UInt32

    package init(key0: UInt32, key1: UInt32) {
        self.key0 = key0
        self.key1 = key1
    }

    /// The words at `counter`; anything but ten rounds is for known-answer tests.
    package func callAsFunction(_ counter: Block, rounds: Int = 10) -> Block {
        var words = counter
        var key0 = key0
        var key1 = key1
        for round in 0..<rounds {
            if round > 0 {
                key0 &+= 0x9E37_79B9
                key1 &+= 0xBB67_AE85
            }
            let product0 = UInt64(words.word0) &* 0xD251_1F53
            let product1 = UInt64(words.word2) &* 0xCD9E_8D57
            words = Block(
                UInt32(truncatingIfNeeded: product1 >> 32) ^ words.word1 ^ key0,
                UInt32(truncatingIfNeeded: product1),
                UInt32(truncatingIfNeeded: product0 >> 32) ^ words.word3 ^ key1,
                UInt32(truncatingIfNeeded: product0)
            )
        }
        return words
    }
}
