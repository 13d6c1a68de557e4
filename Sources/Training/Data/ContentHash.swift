/// FNV-1a over bytes, texts and values.
///
/// It tells what was made from one thing from what was made from another, and damage from what was
/// written; it is no protection against malice.
package struct ContentHash: Hashable, Sendable {
    package private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    private static let prime: UInt64 = 0x100_0000_01B3

    package init() {}

    package mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { value = (value ^ UInt64(byte)) &* Self.prime }
    }

    /// Adds a text and an end, so that two texts are not those of another cut.
    package mutating func add(_ text: String) {
        add(text.utf8)
        value = (value ^ 0x100) &* Self.prime
    }

    /// Adds the bits of values, 32 at a time: any damage of one element shows.
    package mutating func add(_ values: [Float]) {
        for element in values { value = (value ^ UInt64(element.bitPattern)) &* Self.prime }
    }

    /// 16 digits.
    package var hexadecimal: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
