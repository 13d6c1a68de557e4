import TestSupport
import Testing
import WireProtocol

struct ChecksumTests {
    /// BLAKE2b-256 of "abc" and of nothing, as `b2sum -l 256` prints them.
    @Test func `checksums are BLAKE2b-256`() {
        func hexadecimal(_ bytes: [UInt8]) -> String {
            bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
        #expect(
            hexadecimal(Checksum.of(Array("abc".utf8)))
                == "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"
        )
        #expect(
            hexadecimal(Checksum.of([UInt8]()))
                == "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"
        )
    }

    @Test(arguments: UInt64(0)..<8)
    func `the checksum does not depend on how the bytes come`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let values = (0..<300).map { _ in Float.random(in: -1...1, using: &generator) }
        let bytes = values.flatMap { value in
            (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> ($0 * 8)) }
        }
        #expect(Checksum.of(values) == Checksum.of(bytes))
        var checksum = Checksum()
        var position = 0
        while position < bytes.count {
            let end = min(position + Int.random(in: 0...200, using: &generator), bytes.count)
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: checksum.update(Array(bytes[position..<end]))
            case 1: checksum.update(bytes[position..<end])
            default: checksum.update(Array(bytes[position..<end]).span)
            }
            position = end
        }
        #expect(checksum.finish() == Checksum.of(bytes))
        #expect(Checksum.of(Array(bytes.dropLast())) != Checksum.of(bytes))
    }
}
