import Tensors

/// Draws of a scene: numbers that depend on a seed, what they are for, and how many came before,
/// so that a new attribute changes none of the others.
struct SceneRandom {
    /// What draws are for.
    enum Topic: UInt32 {
        case world = 0x5CE0_0000
        case object
        case camera
        case surfaces
        case sensor
    }

    private let generator: Philox4x32
    private let topic: Topic
    private let index: UInt32
    private var block: UInt32 = 0
    private var words: [UInt32] = []

    init(seed: UInt64, _ topic: Topic, index: Int = 0) {
        generator = Philox4x32(
            key0: UInt32(truncatingIfNeeded: seed),
            key1: UInt32(truncatingIfNeeded: seed >> 32)
        )
        self.topic = topic
        self.index = UInt32(index)
    }

    mutating func word() -> UInt32 {
        if words.isEmpty {
            let drawn = generator(Philox4x32.Block(block, index, 0, topic.rawValue))
            words = [drawn.word3, drawn.word2, drawn.word1, drawn.word0]
            block += 1
        }
        return words.removeLast()
    }

    /// In [0, 1).
    mutating func unit() -> Float { Float(word() >> 8) * 0x1p-24 }

    mutating func number(_ low: Float, _ high: Float) -> Float { low + (high - low) * unit() }

    /// One of all values, or of those that a weight favours.
    mutating func pick<Value>(_ values: [Value]) -> Value {
        values[Int((UInt64(word()) * UInt64(values.count)) >> 32)]
    }

    mutating func chance(_ probability: Float) -> Bool { unit() < probability }
}
