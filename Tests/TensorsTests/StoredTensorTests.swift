import Tensors
import Testing

/// Bytes in memory that count how often they are given up.
private final class Bytes: ByteRegion {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try bytes.withUnsafeBytes(body)
    }

    func discard(_ range: Range<Int>) {}
}

struct StoredTensorTests {
    private func stored(_ type: ScalarType, _ shape: Shape, _ bytes: [UInt8]) -> StoredTensor {
        // One byte before the tensor, so that nothing is aligned.
        StoredTensor(
            name: "t",
            scalarType: type,
            shape: shape,
            region: Bytes([0xEE] + bytes + [0xEE]),
            range: 1..<bytes.count + 1
        )
    }

    @Test func `halves that are made are read as stored ones`() {
        let made = StoredTensor.halves(named: "t", [3]) { [1.5, -2, 0.1] }
        #expect(made.scalarType == .float16 && made.hasHalfBits)
        #expect(made.floats() == [1.5, -2, Float(Float16(0.1))])
        #expect(made.bytes(in: 0..<2) == [0, 0x3E])
        made.discard()
        #expect(made.floats()[1] == -2)
    }

    @Test func `every type is read at any address`() {
        #expect(stored(.float32, [1], [0, 0, 0xC0, 0x3F]).floats() == [1.5])
        #expect(stored(.float16, [2], [0, 0x3E, 0, 0xC0]).floats() == [1.5, -2])
        #expect(stored(.bfloat16, [2], [0xC0, 0x3F, 0, 0xC0]).floats() == [1.5, -2])
        #expect(stored(.float64, [1], [0, 0, 0, 0, 0, 0, 0xF8, 0x3F]).floats() == [1.5])
        #expect(stored(.int32, [1], [0xFE, 0xFF, 0xFF, 0xFF]).integers() == [-2])
        #expect(stored(.int16, [1], [0xFE, 0xFF]).floats() == [-2])
        #expect(stored(.uint8, [2], [0, 255]).integers() == [0, 255])
        #expect(stored(.int8, [1], [255]).integers() == [-1])
    }

    @Test func `half types widen exactly, at their ends too`() {
        // The smallest and the largest numbers, and infinity.
        let halves = stored(.float16, [3], [1, 0, 0xFF, 0x7B, 0, 0x7C]).floats()
        #expect(halves == [0x1p-24, 65504, .infinity])
        let brain = stored(.bfloat16, [3], [1, 0, 0x7F, 0x7F, 0x80, 0x7F]).floats()
        #expect(brain == [0x1p-133, 0x1.FEp127, .infinity])
    }

    @Test func `values that are made are made each time`() {
        let tensor = StoredTensor(name: "t", shape: [2]) { [1, 2] }
        #expect(tensor.floats() == [1, 2] && tensor.integers() == [1, 2])
        #expect(tensor.hostTensor() == HostTensor([1, 2], [2]))
        #expect(tensor.scalarType == .float32)
        let half = StoredTensor(name: "t", scalarType: .float16, shape: [1]) { [0.1] }
        #expect(half.scalarType == .float16 && !half.hasHalfBits && half.floats() == [0.1])
    }

    @Test func `another order tells where its elements come from`() throws {
        let tensor = StoredTensor(name: "t", shape: [2, 3]) { [1, 2, 3, 4, 5, 6] }
        let turned = tensor.permuted([1, 0], as: [6]).named("u")
        #expect(turned.floats() == [1, 4, 2, 5, 3, 6] && turned.name == "u")
        guard case .permuted(let source, let axes) = turned.arrangement else {
            Issue.record("no permutation")
            return
        }
        #expect(source.name == "t" && source.arrangement == nil && axes == [1, 0])
        let twice = tensor.repeated(2)
        #expect(twice.shape == [12] && twice.floats() == tensor.floats() + tensor.floats())
        guard case .repeated = twice.arrangement else {
            Issue.record("no repetition")
            return
        }
    }

    @Test func `a range that does not fit the shape is a programmer's error`() async {
        await #expect(processExitsWith: .failure) {
            _ = StoredTensor(
                name: "t",
                scalarType: .float32,
                shape: [2],
                region: Bytes([0, 0, 0, 0]),
                range: 0..<4
            )
        }
    }
}
