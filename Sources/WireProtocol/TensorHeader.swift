/// Announces one chunk of a tensor, which follows as a frame of its own, unserialised.
///
/// The tensor is dense, row-major and little-endian; it travels as chunks of `chunkBytes` bytes,
/// the last one shorter. A tensor without elements travels as one empty chunk.
package struct TensorHeader: Hashable, Sendable {
    /// Element types that travel.
    package enum ScalarType: UInt32, CaseIterable, Hashable, Sendable {
        case float32 = 1
        case float16 = 2
        case bfloat16 = 3
        case int64 = 4
        case int32 = 5
        case uint8 = 6

        package var byteCount: Int {
            switch self {
            case .int64: 8
            case .float32, .int32: 4
            case .float16, .bfloat16: 2
            case .uint8: 1
            }
        }
    }

    package let name: String
    package let scalarType: ScalarType
    /// Extents, outermost first.
    package let shape: [Int]
    /// BLAKE2b-256 of all bytes of the tensor; the same in each chunk's header.
    package let checksum: [UInt8]
    /// This chunk, from 0.
    package let chunkIndex: Int
    /// Bytes of every chunk but the last.
    package let chunkBytes: Int
    /// Bytes of the whole tensor.
    package let byteCount: Int

    /// Checks and keeps the values.
    ///
    /// - Parameters:
    ///   - name: 1 to `WireLimits.nameBytes` bytes.
    ///   - scalarType: Type of the elements.
    ///   - shape: Up to `WireLimits.rank` extents, `WireLimits.tensorBytes` bytes in all.
    ///   - checksum: `WireLimits.checksumBytes` bytes.
    ///   - chunkIndex: Within the chunks that the size gives.
    ///   - chunkBytes: 1 to `WireLimits.chunkBytes`.
    /// - Throws: `WireError` if a value is outside its limits.
    package init(
        name: String,
        scalarType: ScalarType,
        shape: [Int],
        checksum: [UInt8],
        chunkIndex: Int,
        chunkBytes: Int
    ) throws(WireError) {
        try WireError.check(name, "tensor name", minimum: 1, limit: WireLimits.nameBytes)
        try WireError.check(checksum, "checksum", count: WireLimits.checksumBytes)
        guard (1...WireLimits.chunkBytes).contains(chunkBytes) else {
            let reason = "\(chunkBytes) bytes, expected 1 to \(WireLimits.chunkBytes)"
            throw WireError(.invalidField("chunk size", reason: reason))
        }
        byteCount = try Self.byteCount(shape, scalarType)
        self.name = name
        self.scalarType = scalarType
        self.shape = shape
        self.checksum = checksum
        self.chunkIndex = chunkIndex
        self.chunkBytes = chunkBytes
        guard chunkCount <= UInt32.max else {
            let reason = "\(chunkBytes) bytes cut \(byteCount) into too many chunks"
            throw WireError(.invalidField("chunk size", reason: reason))
        }
        guard (0..<chunkCount).contains(chunkIndex) else {
            let reason = "\(chunkIndex) of \(chunkCount) chunks"
            throw WireError(.invalidField("chunk index", reason: reason))
        }
    }

    /// Chunks in which the tensor travels; at least 1.
    package var chunkCount: Int {
        max(1, (byteCount + chunkBytes - 1) / chunkBytes)
    }

    /// The bytes of the tensor that this chunk holds.
    package var byteRange: Range<Int> {
        let start = chunkIndex * chunkBytes
        return start..<min(start + chunkBytes, byteCount)
    }

    /// Bytes of a whole tensor.
    ///
    /// - Throws: `WireError` if the shape has too many axes or the tensor too many bytes.
    package static func byteCount(
        _ shape: [Int],
        _ scalarType: ScalarType
    ) throws(WireError) -> Int {
        guard shape.count <= WireLimits.rank else {
            let reason = "\(shape.count) axes, at most \(WireLimits.rank) are allowed"
            throw WireError(.invalidField("shape", reason: reason))
        }
        guard shape.allSatisfy({ $0 >= 0 }) else {
            throw WireError(.invalidField("shape", reason: "negative extent in \(shape)"))
        }
        // A zero makes the tensor empty whatever the other extents are, but they stay bounded.
        var total = scalarType.byteCount
        for extent in shape {
            let (product, overflow) = total.multipliedReportingOverflow(by: max(extent, 1))
            guard !overflow, product <= WireLimits.tensorBytes else {
                let reason = "\(shape) has more than \(WireLimits.tensorBytes) bytes"
                throw WireError(.invalidField("shape", reason: reason))
            }
            total = product
        }
        return shape.contains(0) ? 0 : total
    }
}
