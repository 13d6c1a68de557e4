import Scheduling

/// A chunk of decoded frames on the disk.
struct DecodedChunk: Sendable {
    let unit: StoredUnit
    /// Frames of the video.
    let frames: Range<Int>
}

/// The frames of a finished job, chunk by chunk.
struct DecodedFrames: Sendable {
    private let chunks: [DecodedChunk]
    private let results: StoredResults

    init(_ chunks: [DecodedChunk], _ results: StoredResults) {
        self.chunks = chunks
        self.results = results
    }

    /// The pixels of a frame and of those after it in its chunk.
    ///
    /// - Throws: `LostResult` if the chunk is not there as it was written.
    func read(_ index: Int) throws(LostResult) -> [UInt8] {
        var (low, high) = (0, chunks.count)
        while low < high {
            let middle = (low + high) / 2
            if chunks[middle].frames.upperBound > index { high = middle } else { low = middle + 1 }
        }
        precondition(
            low < chunks.count && chunks[low].frames.contains(index),
            "frame \(index) was not decoded"
        )
        let chunk = chunks[low]
        let bytes = try results.read(chunk.unit)
        let size = bytes.count / chunk.frames.count
        return Array(bytes[((index - chunk.frames.lowerBound) * size)...])
    }
}
