import Coordinator
import Scheduling
import Tensors
import Testing
import WireProtocol

struct ResultCheckTests {
    private func header(_ bytes: [UInt8], _ count: Int) throws -> TensorHeader {
        try TensorHeader(
            name: "latents",
            scalarType: .float32,
            shape: [count],
            checksum: Checksum.of(bytes),
            chunkIndex: 0,
            chunkBytes: 1 << 20
        )
    }

    private func judge(_ values: [Float], _ kind: UnitKind) throws -> Result<
        ResultSummary, InvalidResult
    > {
        let bytes = HostTensor(values, [values.count]).littleEndianBytes
        return ResultCheck.summary(bytes, try header(bytes, values.count), kind)
    }

    @Test func `the summary has the extremes and the checksum`() throws {
        let summary = try judge([0.5, -3, 2, 1], .sample).get()
        #expect(summary.least == -3)
        #expect(summary.largest == 2)
        #expect(summary.byteCount == 16)
        #expect(summary.checksum.count == WireLimits.checksumBytes)
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity, 10_001, -1e30])
    func `latents that no sampler gives are no result`(value: Float) throws {
        for position in 0..<3 {
            var values: [Float] = [1, 2, 3]
            values[position] = value
            let judged = try judge(values, .sample)
            guard case .failure(let invalid) = judged else {
                Issue.record("\(value) was taken")
                continue
            }
            #expect(invalid.reason.contains("value \(position)"))
        }
    }

    @Test func `depth has no scale of its own`() throws {
        #expect(try judge([0, 65_000], .depth).get().largest == 65_000)
        #expect(throws: InvalidResult.self) { try judge([.nan], .depth).get() }
    }

    @Test func `damaged bytes are no result`() throws {
        var bytes = HostTensor([1, 2], [2]).littleEndianBytes
        let header = try header(bytes, 2)
        bytes[5] ^= 1
        #expect(throws: InvalidResult.self) {
            try ResultCheck.summary(bytes, header, .sample).get()
        }
    }

    @Test func `a header of another tensor is objected to`() throws {
        let header = try header([], 3)
        let expected = InputDescription("latents", .float32, [3])
        #expect(ResultCheck.objection(to: header, expecting: expected) == nil)
        for other in [
            InputDescription("depth", .float32, [3]), InputDescription("latents", .uint8, [3]),
            InputDescription("latents", .float32, [1, 3]),
        ] {
            #expect(ResultCheck.objection(to: header, expecting: other) != nil)
        }
    }
}
