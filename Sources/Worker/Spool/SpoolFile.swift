import Scheduling
import Tensors
package import WireProtocol

/// A finished result on the disk: a safetensors file of one tensor.
package struct SpoolFile: Sendable {
    package let name: String
    package let scalarType: TensorHeader.ScalarType
    package let shape: [Int]
    package let byteCount: Int
    /// BLAKE2b-256 of the tensor's bytes.
    package let checksum: [UInt8]
    private let tensor: StoredTensor

    /// Opens a result and reads it once, for its checksum.
    ///
    /// - Parameter path: A safetensors file of exactly one tensor.
    /// - Throws: `SafetensorsError` if it is none, `SpoolError` if it holds something else.
    package init(_ path: String) throws {
        let file = try SafetensorsFile.open(path)
        guard file.names.count == 1, let tensor = file.tensor(named: file.names[0]) else {
            throw SpoolError("\(path): expected one tensor, found \(file.names.count)")
        }
        guard let scalarType = TensorHeader.ScalarType(tensor.scalarType) else {
            throw SpoolError(
                "\(path): expected a type that travels, found \(tensor.scalarType.rawValue)"
            )
        }
        let byteCount = tensor.shape.count * tensor.scalarType.byteCount
        var checksum = Checksum()
        for start in stride(from: 0, to: byteCount, by: Uploader.chunkBytes) {
            let range = start..<min(start + Uploader.chunkBytes, byteCount)
            checksum.update(tensor.bytes(in: range) ?? [])
        }
        name = tensor.name
        self.scalarType = scalarType
        shape = tensor.shape.dimensions
        self.byteCount = byteCount
        self.checksum = checksum.finish()
        self.tensor = tensor
        // A file of an earlier run may say anything: it has to be able to travel.
        _ = try header(chunk: 0, chunkBytes: Uploader.chunkBytes)
    }

    /// Whether it is what the unit has to give.
    package func fits(_ expected: InputDescription) -> Bool {
        name == expected.name && scalarType == expected.scalarType && shape == expected.shape
    }

    package func header(chunk: Int, chunkBytes: Int) throws(WireError) -> TensorHeader {
        try TensorHeader(
            name: name,
            scalarType: scalarType,
            shape: shape,
            checksum: checksum,
            chunkIndex: chunk,
            chunkBytes: chunkBytes
        )
    }

    /// Some of the tensor's bytes.
    package func bytes(in range: Range<Int>) -> [UInt8] {
        guard let bytes = tensor.bytes(in: range) else {
            preconditionFailure("\(name) of a file has no bytes")
        }
        return bytes
    }
}

/// A file in the spool that is no result.
package struct SpoolError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
