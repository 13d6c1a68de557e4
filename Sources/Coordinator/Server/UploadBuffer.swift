package import WireProtocol

/// A result that comes in chunks, in any order and more than once.
package struct UploadBuffer {
    /// Of the chunk that came first; the others have to agree with it.
    package let header: TensorHeader
    private var bytes: [UInt8] = []
    private var isHere: [Bool]
    private var missingCount: Int

    package init(_ header: TensorHeader) {
        self.header = header
        isHere = [Bool](repeating: false, count: header.chunkCount)
        missingCount = header.chunkCount
    }

    package var isComplete: Bool { missingCount == 0 }

    /// Whether a chunk is of this tensor.
    package func isSame(as other: TensorHeader) -> Bool {
        header.name == other.name && header.scalarType == other.scalarType
            && header.shape == other.shape && header.checksum == other.checksum
            && header.chunkBytes == other.chunkBytes
    }

    /// Takes a chunk of this tensor; one that is here already changes nothing.
    ///
    /// - Parameters:
    ///   - chunk: As many bytes as its header says.
    ///   - index: Which one it is.
    package mutating func take(_ chunk: [UInt8], index: Int) {
        guard !isHere[index] else { return }
        isHere[index] = true
        missingCount -= 1
        if isHere.count == 1 {
            bytes = chunk
            return
        }
        if bytes.isEmpty { bytes = [UInt8](repeating: 0, count: header.byteCount) }
        let start = index * header.chunkBytes
        bytes.replaceSubrange(start..<start + chunk.count, with: chunk)
    }

    /// All bytes, once complete.
    package consuming func contents() -> [UInt8] {
        precondition(isComplete, "\(missingCount) of \(isHere.count) chunks are missing")
        return bytes
    }
}
