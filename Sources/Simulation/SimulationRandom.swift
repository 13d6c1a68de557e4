/// The chance of a simulated run: SplitMix64, so that a seed gives the same run on every machine.
struct SimulationRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return SimulationRandom.mix(state)
    }

    /// A permutation of the 64-bit numbers that spreads every bit over all others.
    static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Whether something of this probability happens.
    mutating func chance(_ probability: Double) -> Bool {
        // Drawn even when it is certain, so that a changed rate does not shift all that follows.
        Double(next() >> 11) * 0x1p-53 < probability
    }

    /// A number of the range, all equally likely but for a bias far below one in 2⁴⁰.
    mutating func number(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(next() % UInt64(range.count))
    }

    mutating func milliseconds(_ range: ClosedRange<Int>) -> Duration {
        .milliseconds(number(range))
    }

    mutating func element<Element>(_ elements: [Element]) -> Element {
        elements[number(0...elements.count - 1)]
    }
}
