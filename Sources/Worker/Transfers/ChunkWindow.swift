import Scheduling

/// Which chunks of one tensor are to be asked for or sent, are on their way, and are done.
///
/// Messages may be lost, so what is on its way for too long is sent again; what comes twice is
/// noticed.
struct ChunkWindow {
    /// How long an answer is waited for.
    static let retry = Duration.seconds(2)

    /// Chunks of the tensor.
    private(set) var count: Int
    /// All before it have been sent at least once.
    private var next = 0
    /// To be sent before new ones: the queue was full, or the connection is another.
    private var returned: Set<Int> = []
    private var inFlight: [Int: Instant] = [:]
    private var confirmedCount = 0

    init(count: Int) {
        precondition(count > 0, "a tensor of \(count) chunks")
        self.count = count
    }

    /// The number of chunks is known only with the first of them.
    mutating func extend(to count: Int) {
        precondition(count >= self.count, "\(count) chunks after \(self.count)")
        self.count = count
    }

    var isComplete: Bool { confirmedCount == count }
    var inFlightCount: Int { inFlight.count }

    /// Chunks to send now, which count as sent: first what has to be sent again, in order.
    ///
    /// - Parameters:
    ///   - limit: Chunks on their way at most, those of before included.
    ///   - horizon: Chunks from here on are not started.
    ///   - now: When they are sent.
    /// - Returns: Their positions.
    mutating func take(upTo limit: Int, before horizon: Int = .max, at now: Instant) -> [Int] {
        let overdue = inFlight.filter { now >= $0.value + Self.retry }.map(\.key)
        for chunk in overdue { inFlight[chunk] = nil }
        returned.formUnion(overdue)
        var taken: [Int] = []
        while inFlight.count < limit {
            let chunk: Int
            if let again = returned.min() {
                chunk = again
                returned.remove(again)
            } else if next < min(count, horizon) {
                chunk = next
                next += 1
            } else {
                break
            }
            inFlight[chunk] = now
            taken.append(chunk)
        }
        return taken
    }

    /// A chunk could not be sent after all.
    mutating func putBack(_ chunk: Int) {
        guard inFlight.removeValue(forKey: chunk) != nil else { return }
        returned.insert(chunk)
    }

    /// What is on its way has no answer to expect.
    mutating func putAllBack() {
        returned.formUnion(inFlight.keys)
        inFlight = [:]
    }

    /// An answer came.
    ///
    /// - Returns: Whether it is the chunk's first; others mean nothing.
    mutating func confirm(_ chunk: Int) -> Bool {
        let isAwaited = inFlight.removeValue(forKey: chunk) != nil
        // A late answer to what is about to be sent again spares that.
        guard isAwaited || returned.remove(chunk) != nil else { return false }
        confirmedCount += 1
        return true
    }

    /// When a chunk that is on its way is to be sent again.
    var nextRetry: Instant? { inFlight.values.min().map { $0 + Self.retry } }
}
