package import Scheduling
package import WireProtocol

/// Brings results to the coordinator, a few chunks at a time, until it has said of each chunk that
/// it is there.
///
/// A value of the loop's thread with no socket: what is to be sent is `chunks`, what came is told.
package final class Uploader {
    /// Bytes of a chunk.
    package static let chunkBytes = 1 << 20
    /// Chunks on their way at most, over all results.
    package static let inFlightMax = 4

    private var uploads: [Upload] = []

    private struct Upload {
        let lease: Lease
        let result: SpoolFile
        var window: ChunkWindow
    }

    package init() {}

    /// Starts to send a result, or starts over.
    package func start(_ lease: Lease, _ result: SpoolFile) {
        forget(lease)
        let count = max(1, (result.byteCount + Self.chunkBytes - 1) / Self.chunkBytes)
        uploads.append(Upload(lease: lease, result: result, window: ChunkWindow(count: count)))
    }

    package func isSending(_ lease: Lease) -> Bool {
        uploads.contains { $0.lease == lease }
    }

    /// What to send now; `unsent` takes back what could not be.
    ///
    /// - Throws: `WireError` if a result cannot travel, which `SpoolFile` excludes.
    package func chunks(at now: Instant) throws(WireError) -> [Chunk] {
        var chunks: [Chunk] = []
        for index in uploads.indices {
            let others = uploads.indices.reduce(0) {
                $0 + ($1 == index ? 0 : uploads[$1].window.inFlightCount)
            }
            let limit = max(Self.inFlightMax - others, 0)
            for position in uploads[index].window.take(upTo: limit, at: now) {
                let (lease, result) = (uploads[index].lease, uploads[index].result)
                let header = try result.header(chunk: position, chunkBytes: Self.chunkBytes)
                chunks.append(
                    Chunk(
                        message: ChunkMessage(lease, header),
                        bytes: result.bytes(in: header.byteRange)
                    )
                )
            }
        }
        return chunks
    }

    /// A message with the frame that follows it.
    package struct Chunk: Sendable {
        package let message: ChunkMessage
        package let bytes: [UInt8]
    }

    /// A chunk could not be sent.
    package func unsent(_ message: ChunkMessage) {
        guard let index = index(of: message.lease) else { return }
        uploads[index].window.putBack(message.header.chunkIndex)
    }

    /// A chunk has arrived.
    ///
    /// - Returns: Whether the whole result has, with it.
    package func stored(_ message: StoredMessage) -> Bool {
        guard let index = index(of: message.lease), uploads[index].window.confirm(message.chunk),
            uploads[index].window.isComplete
        else { return false }
        uploads.remove(at: index)
        return true
    }

    /// What is on its way has no answer to expect: the connection is another.
    package func startOver() {
        for index in uploads.indices { uploads[index].window.putAllBack() }
    }

    /// A result needs not be sent any more.
    package func forget(_ lease: Lease) {
        uploads.removeAll { $0.lease == lease }
    }

    private func index(of lease: Lease) -> Int? {
        uploads.firstIndex { $0.lease == lease }
    }
}
