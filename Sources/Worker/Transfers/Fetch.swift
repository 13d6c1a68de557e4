import Scheduling
import Tensors
import WireProtocol

/// An input on its way: chunks come in any order and are written in theirs, so that the checksum is
/// ready with the last one.
final class Fetch {
    /// Chunks that may wait in memory for one before them.
    static let horizon = 16
    /// Times that an input may start over because it changed on the way, or came damaged.
    static let restartsMax = 3
    /// Times that the coordinator may say "later".
    static let postponementsMax = 100

    let key: InputKey
    let description: InputDescription
    var window = ChunkWindow(count: 1)
    private let makeWriter: () throws -> SafetensorsWriter
    private var writer: SafetensorsWriter
    private var checksum = Checksum()
    private var pending: [Int: [UInt8]] = [:]
    /// Chunks written so far.
    private var writtenCount = 0
    /// Of the first chunk that came; the others have to agree.
    private var first: TensorHeader?
    private var restarts = 0
    private var postponements = 0

    init(
        _ key: InputKey,
        _ description: InputDescription,
        makeWriter: @escaping () throws -> SafetensorsWriter
    ) throws {
        self.key = key
        self.description = description
        self.makeWriter = makeWriter
        writer = try makeWriter()
    }

    /// Chunks to ask for now.
    func requests(upTo limit: Int, at now: Instant) -> [Int] {
        window.take(upTo: limit, before: writtenCount + Self.horizon, at: now)
    }

    /// Takes a chunk that came.
    ///
    /// - Returns: Whether the input is complete with it.
    /// - Throws: `FetchError` or `FileError` if it never will be.
    func take(_ header: TensorHeader, _ bytes: [UInt8]) throws -> Bool {
        guard header.name == description.name, header.scalarType == description.scalarType,
            header.shape == description.shape
        else {
            throw FetchError(
                "\(description.name): expected \(description.scalarType) \(description.shape), the "
                    + "coordinator sends \(header.name) \(header.scalarType) \(header.shape)"
            )
        }
        guard bytes.count == header.byteRange.count else {
            // As good as lost: it is asked for again.
            return false
        }
        if let first, (first.checksum, first.chunkBytes) != (header.checksum, header.chunkBytes) {
            try startOver("it changed while it was fetched")
        }
        if first == nil {
            first = header
            window.extend(to: header.chunkCount)
        }
        guard window.confirm(header.chunkIndex) else { return false }
        pending[header.chunkIndex] = bytes
        while let next = pending.removeValue(forKey: writtenCount) {
            try writer.append(next, to: description.name)
            checksum.update(next)
            writtenCount += 1
        }
        guard window.isComplete else { return false }
        var complete = Checksum()
        swap(&complete, &checksum)
        guard complete.finish() == header.checksum else {
            try startOver("its checksum is wrong")
            return false
        }
        try writer.finish(isDurable: false)
        return true
    }

    /// The coordinator cannot give it now.
    ///
    /// - Throws: `FetchError` if it has said so too often.
    func postpone(_ reason: String) throws(FetchError) {
        postponements += 1
        guard postponements <= Self.postponementsMax else { throw FetchError(reason) }
    }

    private func startOver(_ reason: String) throws {
        restarts += 1
        guard restarts <= Self.restartsMax else {
            throw FetchError("\(description.name): \(reason), \(restarts) times")
        }
        writer = try makeWriter()
        checksum = Checksum()
        window = ChunkWindow(count: 1)
        pending = [:]
        writtenCount = 0
        first = nil
    }
}

/// An input that cannot be had.
struct FetchError: Error, Hashable, Sendable, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
