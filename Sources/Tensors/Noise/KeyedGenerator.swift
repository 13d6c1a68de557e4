import Glibc

/// The words of one stream of Philox4x32-10, one after another: block b is the words at the counter
/// (b, the stream's three words).
///
/// What is made of the words is spelt out here rather than left to the standard library, whose
/// algorithms may change: a checkpoint has to mean the same under every compiler.
package struct KeyedGenerator: RandomNumberGenerator, Hashable, Sendable {
    private let generator: Philox4x32
    private let word1: UInt32
    private let word2: UInt32
    private let word3: UInt32
    private var block: UInt32 = 0
    private var pending: [UInt32] = []
    private var spareNormal: Double?

    package init(_ generator: Philox4x32, counter: (UInt32, UInt32, UInt32)) {
        self.generator = generator
        (word1, word2, word3) = counter
    }

    package mutating func word() -> UInt32 {
        if pending.isEmpty {
            let words = generator(Philox4x32.Block(block, word1, word2, word3))
            precondition(block < UInt32.max, "a stream has 2^34 words")
            block += 1
            pending = [words.word3, words.word2, words.word1, words.word0]
        }
        return pending.removeLast()
    }

    package mutating func next() -> UInt64 {
        let low = UInt64(word())
        return UInt64(word()) << 32 | low
    }

    /// Evenly in 0 ..< 1, a multiple of 2⁻⁵³.
    package mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Evenly in a range of numbers.
    package mutating func uniform(_ range: ClosedRange<Double>) -> Double {
        range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
    }

    /// Evenly in 0 ..< `bound`, exactly (Lemire 2019).
    package mutating func integer(below bound: Int) -> Int {
        precondition(bound > 0, "no integer below \(bound)")
        let bound = UInt64(bound)
        let threshold = (0 &- bound) % bound
        while true {
            let (high, low) = next().multipliedFullWidth(by: bound)
            if low >= threshold { return Int(high) }
        }
    }

    /// True with this probability.
    package mutating func bool(probability: Double) -> Bool { uniform() < probability }

    /// Standard normal (Box–Muller, two at a time).
    package mutating func normal() -> Double {
        if let spare = spareNormal {
            spareNormal = nil
            return spare
        }
        let radius = (-2 * log((Double(word()) + 0.5) * 0x1p-32)).squareRoot()
        let angle = 2 * Double.pi * ((Double(word()) + 0.5) * 0x1p-32)
        spareNormal = radius * sin(angle)
        return radius * cos(angle)
    }

    /// A tensor of standard normals.
    package mutating func normals(_ shape: Shape) -> HostTensor {
        HostTensor((0..<shape.count).map { _ in Float(normal()) }, shape)
    }

    /// The numbers 0 ..< `count` in an order drawn evenly (Fisher–Yates).
    package mutating func permutation(_ count: Int) -> [Int] {
        var result = Array(0..<count)
        guard count > 1 else { return result }
        for last in (1..<count).reversed() { result.swapAt(last, integer(below: last + 1)) }
        return result
    }
}
