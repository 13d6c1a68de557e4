import NN
package import Tensors

/// Parameters made from their keys, so that a fixture need not hold them.
///
/// The same values to the bit as `keyed_values` of the fixtures' Python scripts: matrices and
/// kernels of unit gain, scales around 1, biases around 0, none left at zero.
package struct KeyedWeights: TensorSource {
    package let label = "keyed weights"
    package let names: [String]
    package let shapes: [String: Shape]

    package init(_ shapes: [String: Shape]) {
        self.shapes = shapes
        names = shapes.keys.sorted()
    }

    package func tensor(named name: String) -> StoredTensor? {
        guard let shape = shapes[name] else { return nil }
        return StoredTensor(name: name, shape: shape) { Self.values(name, shape) }
    }

    package static func values(_ key: String, _ shape: Shape) -> [Float] {
        let inputs = shape.dimensions.dropFirst().reduce(1, *)
        let bound = (3.0 / Double(inputs)).squareRoot()
        return uniform(key, shape.count).map { u in
            if shape.rank >= 2 { return Float(u * bound) }
            return key.hasSuffix("bias") ? Float(u * 0.25) : Float(1 + u * 0.25)
        }
    }

    /// SplitMix64 started at the key's FNV-1a hash; the upper 24 bits of each word, in -1 ..< 1.
    private static func uniform(_ key: String, _ count: Int) -> [Double] {
        var state: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in key.utf8 { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 }
        var generator = SeededGenerator(seed: state)
        return (0..<count).map { _ in Double(generator.next() >> 40) / 8_388_608 - 1 }
    }
}
