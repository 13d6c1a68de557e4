import Tensors
import TestSupport
import Testing

struct HostTensorBytesTests {
    @Test func `bytes and values are inverse to each other, whatever the bits`() throws {
        var generator = SeededGenerator(seed: 5)
        for count in 0..<40 {
            let values = (0..<count).map { _ in
                Float(bitPattern: UInt32.random(in: .min ... .max, using: &generator))
            }
            let tensor = HostTensor(values, [count])
            let bytes = tensor.littleEndianBytes
            #expect(bytes.count == 4 * count)
            let back = try #require(HostTensor(littleEndian: bytes, [count]))
            #expect(back.values.map(\.bitPattern) == values.map(\.bitPattern))
        }
    }

    @Test func `the least significant byte comes first`() {
        #expect(HostTensor([1, -2], [2]).littleEndianBytes == [0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0])
    }

    @Test func `bytes that do not fill the shape are no tensor`() {
        #expect(HostTensor(littleEndian: [0, 0, 0], [1]) == nil)
        #expect(HostTensor(littleEndian: [0, 0, 0, 0, 0], [1]) == nil)
    }
}
