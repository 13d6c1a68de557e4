package import Scheduling
package import WireProtocol

/// A tensor that workers fetch, whole in memory.
package struct InputTensor: Sendable {
    package let description: InputDescription
    package let bytes: [UInt8]
    /// Of `bytes`; in the header of each chunk.
    package let checksum: [UInt8]

    package init(_ description: InputDescription, _ bytes: [UInt8]) {
        precondition(
            bytes.count == description.byteCount,
            "\(description.name): \(bytes.count) bytes for \(description.shape)"
        )
        self.description = description
        self.bytes = bytes
        checksum = Checksum.of(bytes)
    }

    /// One chunk's header; nil if there is no such chunk.
    package func header(chunk: Int, chunkBytes: Int) -> TensorHeader? {
        try? TensorHeader(
            name: description.name,
            scalarType: description.scalarType,
            shape: description.shape,
            checksum: checksum,
            chunkIndex: chunk,
            chunkBytes: chunkBytes
        )
    }

    /// The bytes that go with a header of this tensor.
    package func chunk(_ header: TensorHeader) -> [UInt8] {
        // The common small tensor travels whole and without a copy.
        header.chunkCount == 1 ? bytes : Array(bytes[header.byteRange])
    }
}

/// Names an input among all: the same for every unit that needs the same bytes.
package struct InputKey: Hashable, Sendable {
    package let job: JobID
    package let shot: Int
    package let name: String
    /// Frames within the shot; none for what belongs to the job.
    package let frames: Range<Int>
    /// The round whose results latents are blended from; 0 for what has no rounds.
    package let round: Int

    package init(job: JobID, shot: Int, name: String, frames: Range<Int>, round: Int) {
        self.job = job
        self.shot = shot
        self.name = name
        self.frames = frames
        self.round = round
    }
}
