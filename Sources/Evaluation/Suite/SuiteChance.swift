import Tensors

/// What the suite leaves to chance: a function of a seed and of what it is for.
enum SuiteChance {
    static func stream(_ name: String, seed: UInt64) -> KeyedGenerator {
        var hash: UInt32 = 0x811C_9DC5
        for byte in name.utf8 { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
        // The sampler's noise has the seed itself as its key: these words are others.
        return KeyedGenerator(
            Philox4x32(
                key0: UInt32(truncatingIfNeeded: seed) ^ 0x7375_6974,
                key1: UInt32(truncatingIfNeeded: seed >> 32) ^ 0x6573_7569
            ),
            counter: (0, 0, hash)
        )
    }
}
