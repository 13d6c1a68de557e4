package import Scheduling
package import WireProtocol

/// Results on their way to the coordinator, under a bound of their number and bytes.
package struct UploadDesk {
    /// An upload that gets no chunk for this long is dropped; its worker starts over.
    package static let patience = Duration.seconds(60)

    package enum Outcome {
        /// More chunks are to come.
        case partial
        case complete(TensorHeader, [UInt8])
        /// No place for it now; the chunk is to be sent again later.
        case overloaded(String)
    }

    private struct Key: Hashable {
        let worker: WorkerID
        let lease: Lease
    }

    private struct Upload {
        var buffer: UploadBuffer
        var lastChunk: Instant
    }

    private let limits: CoordinatorLimits
    private var uploads: [Key: Upload] = [:]
    private var counts: [WorkerID: Int] = [:]
    package private(set) var byteCount = 0

    package init(_ limits: CoordinatorLimits) {
        self.limits = limits
    }

    /// Takes a chunk, whose header is one the unit's result may have and whose size is right.
    ///
    /// A chunk of another tensor than the ones before starts the result over: the worker computed
    /// it again.
    package mutating func take(
        _ chunk: [UInt8],
        _ header: TensorHeader,
        from worker: WorkerID,
        for lease: Lease,
        at now: Instant
    ) -> Outcome {
        precondition(chunk.count == header.byteRange.count, "a chunk of \(chunk.count) bytes")
        let key = Key(worker: worker, lease: lease)
        if let upload = uploads[key], !upload.buffer.isSame(as: header) { drop(key) }
        if uploads[key] == nil {
            if header.chunkCount == 1 { return .complete(header, chunk) }
            guard counts[worker, default: 0] < limits.uploadsPerWorker else {
                return .overloaded("this worker is delivering \(limits.uploadsPerWorker) results")
            }
            guard byteCount + header.byteCount <= limits.uploadBytes else {
                return .overloaded("the coordinator is receiving \(byteCount) bytes of results")
            }
            uploads[key] = Upload(buffer: UploadBuffer(header), lastChunk: now)
            counts[worker, default: 0] += 1
            byteCount += header.byteCount
        }
        uploads[key]?.lastChunk = now
        uploads[key]?.buffer.take(chunk, index: header.chunkIndex)
        guard let buffer = uploads[key]?.buffer, buffer.isComplete else { return .partial }
        drop(key)
        return .complete(header, buffer.contents())
    }

    /// Drops what has come of a result.
    package mutating func drop(_ lease: Lease, from worker: WorkerID) {
        drop(Key(worker: worker, lease: lease))
    }

    /// Drops what a worker that left was sending, and what stopped coming.
    package mutating func drop(from gone: WorkerID? = nil, silentAt now: Instant) {
        for (key, upload) in uploads
        where key.worker == gone || now.since(upload.lastChunk) > Self.patience {
            drop(key)
        }
    }

    private mutating func drop(_ key: Key) {
        guard let upload = uploads.removeValue(forKey: key) else { return }
        byteCount -= upload.buffer.header.byteCount
        let count = counts[key.worker, default: 1] - 1
        counts[key.worker] = count == 0 ? nil : count
    }
}
