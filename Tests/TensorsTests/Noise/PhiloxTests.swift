import Tensors
import Testing

struct PhiloxTests {
    struct Vector: Sendable {
        let counter: Philox4x32.Block
        let key: (UInt32, UInt32)
        var rounds = 10
        let words: Philox4x32.Block
    }

    /// Published known-answer vectors of the Random123 library.
    static let published = [
        Vector(
            counter: .init(0, 0, 0, 0),
            key: (0, 0),
            words: .init(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8)
        ),
        Vector(
            counter: .init(0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff),
            key: (0xffff_ffff, 0xffff_ffff),
            words: .init(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd)
        ),
        Vector(
            counter: .init(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344),
            key: (0xa409_3822, 0x299f_31d0),
            words: .init(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1)
        ),
        Vector(
            counter: .init(0, 0, 0, 0),
            key: (0, 0),
            rounds: 7,
            words: .init(0x5f6f_b709, 0x0d89_3f64, 0x4f12_1f81, 0x4f73_0a48)
        ),
    ]

    @Test(arguments: published)
    func matchesPublishedVectors(vector: Vector) {
        let philox = Philox4x32(key0: vector.key.0, key1: vector.key.1)
        #expect(philox(vector.counter, rounds: vector.rounds) == vector.words)
    }
}
