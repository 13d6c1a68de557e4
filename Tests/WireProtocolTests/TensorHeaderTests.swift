import Testing
import WireProtocol

private func header(
    name: String = "latent",
    _ shape: [Int],
    type: TensorHeader.ScalarType = .float32,
    checksumBytes: Int = 32,
    chunk: Int = 0,
    chunkBytes: Int = 1 << 20
) throws(WireError) -> TensorHeader {
    try TensorHeader(
        name: name,
        scalarType: type,
        shape: shape,
        checksum: [UInt8](repeating: 0, count: checksumBytes),
        chunkIndex: chunk,
        chunkBytes: chunkBytes
    )
}

struct TensorHeaderTests {
    @Test(arguments: [
        ([], 4), ([0], 0), ([3, 5], 60), ([7, 0, 1 << 30], 0), ([4, 16, 64, 64], 1 << 20),
    ])
    func `the size follows from shape and type`(shape: [Int], bytes: Int) throws {
        #expect(try header(shape).byteCount == bytes)
    }

    /// All chunks of all small tensors: they touch, in order, and cover every byte once.
    @Test func `the chunks tile the tensor`() throws {
        for elements in 0...40 {
            for chunkBytes in 1...45 {
                let first = try header([elements], type: .uint8, chunkBytes: chunkBytes)
                var next = 0
                for index in 0..<first.chunkCount {
                    let chunk = try header(
                        [elements],
                        type: .uint8,
                        chunk: index,
                        chunkBytes: chunkBytes
                    )
                    #expect(chunk.byteRange.lowerBound == next)
                    #expect(chunk.byteRange.count <= chunkBytes)
                    #expect(chunk.byteRange.count > 0 || elements == 0)
                    next = chunk.byteRange.upperBound
                }
                #expect(next == elements)
            }
        }
    }

    @Test func `values outside their limits are refused by name`() {
        func field(_ make: () throws -> TensorHeader) -> String? {
            let error = #expect(throws: WireError.self) { try make() }
            guard case .invalidField(let field, _) = error?.code else { return nil }
            return field
        }
        #expect(field { try header(name: "", [1]) } == "tensor name")
        #expect(field { try header(name: "a\0b", [1]) } == "tensor name")
        #expect(
            field { try header(name: String(repeating: "x", count: 257), [1]) } == "tensor name"
        )
        #expect(field { try header([1], checksumBytes: 31) } == "checksum")
        #expect(field { try header([1], chunkBytes: 0) } == "chunk size")
        #expect(field { try header([1], chunkBytes: WireLimits.chunkBytes + 1) } == "chunk size")
        #expect(field { try header([1], chunk: 1) } == "chunk index")
        #expect(field { try header([1], chunk: -1) } == "chunk index")
        #expect(field { try header([Int](repeating: 1, count: 9)) } == "shape")
        #expect(field { try header([-1]) } == "shape")
        #expect(field { try header([Int.max, Int.max]) } == "shape")
        #expect(field { try header([0, Int.max]) } == "shape")
        #expect(field { try header([WireLimits.tensorBytes / 4 + 1]) } == "shape")
    }

    @Test func `a tensor is not cut into more chunks than the message can count`() throws {
        let largest = [WireLimits.tensorBytes]
        #expect(try header(largest, type: .uint8, chunkBytes: 17).chunkCount == 4_042_322_161)
        #expect(throws: WireError.self) { try header(largest, type: .uint8, chunkBytes: 16) }
    }
}
