import Glibc
package import Tensors

/// Makes the starting values of a fresh network's parameters.
///
/// Each parameter's random words are Philox4x32-10 keyed by the seed, at counters that hold the
/// FNV-1a hash of its key: the values of one parameter do not depend on the others, nor on the
/// order in which they are made.
package struct ParameterInitializer: Hashable, Sendable {
    package let seed: UInt64

    package init(seed: UInt64) {
        self.seed = seed
    }

    /// The parameter with its starting values, made when they are read.
    package func callAsFunction(_ declaration: ParameterDeclaration) -> StoredTensor {
        StoredTensor(name: declaration.key, shape: declaration.shape) { values(declaration) }
    }

    /// The starting values.
    package func values(_ declaration: ParameterDeclaration) -> [Float] {
        let count = declaration.shape.count
        switch declaration.initial {
        case .zeros:
            return [Float](repeating: 0, count: count)
        case .ones:
            return [Float](repeating: 1, count: count)
        case .uniform(let fanIn):
            let bound = 1 / Float(fanIn).squareRoot()
            return words(declaration.key, count: count) { block in
                [block.word0, block.word1, block.word2, block.word3].map { word in
                    (Float(word >> 8) * 0x1p-23 - 1) * bound
                }
            }
        case .normal(let deviation):
            return words(declaration.key, count: count) { block in
                let (a, b) = Self.normals(block.word0, block.word1)
                let (c, d) = Self.normals(block.word2, block.word3)
                return [a * deviation, b * deviation, c * deviation, d * deviation]
            }
        case .identityTap:
            return Self.identity(declaration.shape)
        }
    }

    /// The first `count` of the values that `convert` makes of each block of four words.
    private func words(
        _ key: String,
        count: Int,
        _ convert: (Philox4x32.Block) -> [Float]
    ) -> [Float] {
        let generator = Philox4x32(
            key0: UInt32(truncatingIfNeeded: seed),
            key1: UInt32(truncatingIfNeeded: seed >> 32)
        )
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in key.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        var values: [Float] = []
        values.reserveCapacity(count + 3)
        var index: UInt64 = 0
        while values.count < count {
            let counter = Philox4x32.Block(
                UInt32(truncatingIfNeeded: index),
                UInt32(truncatingIfNeeded: index >> 32),
                UInt32(truncatingIfNeeded: hash),
                UInt32(truncatingIfNeeded: hash >> 32)
            )
            values += convert(generator(counter))
            index += 1
        }
        values.removeLast(values.count - count)
        return values
    }

    /// Two standard normals of two words (Box–Muller).
    private static func normals(_ word0: UInt32, _ word1: UInt32) -> (Float, Float) {
        let radius = (-2 * log((Double(word0) + 0.5) * 0x1p-32)).squareRoot()
        let angle = 2 * Double.pi * (Double(word1) + 0.5) * 0x1p-32
        return (Float(radius * cos(angle)), Float(radius * sin(angle)))
    }

    /// A kernel `[C, C, taps]` that copies its input.
    private static func identity(_ shape: Shape) -> [Float] {
        precondition(
            shape.rank >= 3 && shape[0] == shape[1] && shape[2] % 2 == 1,
            "no identity of shape \(shape)"
        )
        var values = [Float](repeating: 0, count: shape.count)
        for channel in 0..<shape[0] {
            values[(channel * shape[1] + channel) * shape[2] + shape[2] / 2] = 1
        }
        return values
    }
}
