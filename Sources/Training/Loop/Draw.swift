package import Tensors

/// Everything by chance in one micro-batch is a function of this.
///
/// There is no generator that goes from step to step: what step n draws does not depend on how the
/// run got there, so a run has no state of chance to save.
package struct Draw: Hashable, Sendable {
    package let seed: UInt64
    /// Steps completed before this one.
    package let step: Int
    /// Which of the micro-batches whose gradients make up the step.
    package let micro: Int

    package init(seed: UInt64, step: Int, micro: Int = 0) {
        precondition((0...Int(UInt32.max)).contains(step), "a draw for step \(step)")
        precondition((0...Int(UInt16.max)).contains(micro), "a draw for micro-batch \(micro)")
        self.seed = seed
        self.step = step
        self.micro = micro
    }

    /// Random numbers for one purpose, independent of those of every other name and index.
    ///
    /// - Parameters:
    ///   - name: What they are for, such as "noise".
    ///   - index: Which of several of the same kind, such as the example in the batch.
    /// - Returns: The stream from its start.
    package func stream(_ name: String, _ index: Int = 0) -> KeyedGenerator {
        precondition((0...Int(UInt16.max)).contains(index), "stream \(index) of \(name)")
        var hash: UInt32 = 0x811C_9DC5
        for byte in name.utf8 { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
        // The sampler's noise has the seed itself as its key: these words are others.
        return KeyedGenerator(
            Philox4x32(
                key0: UInt32(truncatingIfNeeded: seed) ^ 0x7472_6169,
                key1: UInt32(truncatingIfNeeded: seed >> 32) ^ 0x6E69_6E67
            ),
            counter: (UInt32(step), UInt32(micro << 16 | index), hash)
        )
    }
}
