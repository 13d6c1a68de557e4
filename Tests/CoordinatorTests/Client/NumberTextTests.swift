import Coordinator
import Foundation
import Testing

struct NumberTextTests {
    @Test func `decimals are those of the C library`() {
        for value in [0, 0.04, 0.5, 1, 9.999, 12.3456, -0.001, -1.5, 123_456.789, 1e9] {
            for digits in 0...4 {
                let scaled = abs(value) * pow(10, Double(digits))
                // Ties are rounded away from zero here, to even there.
                guard scaled - scaled.rounded(.down) != 0.5 else { continue }
                var expected = String(format: "%.\(digits)f", value)
                if Double(expected) == 0, expected.hasPrefix("-") { expected.removeFirst() }
                #expect(NumberText.fixed(value, digits) == expected)
            }
        }
    }

    @Test func `rates have three digits that count`() {
        #expect(NumberText.rate(0.01234) == "0.012")
        #expect(NumberText.rate(1.234) == "1.23")
        #expect(NumberText.rate(12.34) == "12.3")
        #expect(NumberText.rate(1234) == "1234")
    }

    @Test func `small numbers have two digits and a power of ten`() {
        #expect(NumberText.scientific(0) == "0")
        #expect(NumberText.scientific(3.14e-7) == "3.1e-7")
        #expect(NumberText.scientific(9.96e-5) == "1.0e-4")
        #expect(NumberText.scientific(1) == "1.0e0")
        #expect(NumberText.scientific(123) == "1.2e2")
    }

    @Test func `bytes have binary units`() {
        #expect(NumberText.bytes(0) == "0 B")
        #expect(NumberText.bytes(1023) == "1023 B")
        #expect(NumberText.bytes(1536) == "1.5 KiB")
        #expect(NumberText.bytes(5 << 40) == "5.0 TiB")
    }

    @Test func `nouns have their number`() {
        #expect(NumberText.count(1, "shot") == "1 shot")
        #expect(NumberText.count(0, "shot") == "0 shots")
    }
}
