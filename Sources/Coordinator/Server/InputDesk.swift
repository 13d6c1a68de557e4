package import Scheduling

/// Inputs that workers fetch: each built once on a queue, and kept while its chunks are asked for.
package struct InputDesk {
    /// Somebody who waits for a chunk of an input that is being built.
    package struct Waiter: Hashable {
        package let routing: RoutingID
        package let lease: Lease
        package let chunk: Int
        /// Of the message that asked.
        package let sequence: UInt64

        package init(_ routing: RoutingID, _ lease: Lease, chunk: Int, sequence: UInt64) {
            self.routing = routing
            self.lease = lease
            self.chunk = chunk
            self.sequence = sequence
        }
    }

    package enum Answer {
        case ready(InputTensor)
        /// Somebody has to build it; the waiter is noted.
        case missing
        /// It is being built; the waiter is noted.
        case building
        /// Too many wait already.
        case overloaded
    }

    private let waiterLimit: Int
    private var built: ByteCache<InputKey, InputTensor>
    private var waiting: [InputKey: [Waiter]] = [:]
    package private(set) var waiterCount = 0

    package init(byteLimit: Int, waiterLimit: Int) {
        built = ByteCache(byteLimit: byteLimit)
        self.waiterLimit = waiterLimit
    }

    /// Bytes of the inputs that are kept.
    package var byteCount: Int { built.byteCount }

    /// Looks for an input, or notes who waits for it.
    package mutating func ask(for key: InputKey, _ waiter: Waiter) -> Answer {
        if let tensor = built.value(for: key) { return .ready(tensor) }
        var waiters = waiting[key] ?? []
        // Whoever asks again for the same chunk gets one answer, to the last question.
        if let index = waiters.firstIndex(where: {
            $0.routing == waiter.routing && $0.chunk == waiter.chunk
        }) {
            waiters[index] = waiter
        } else {
            guard waiterCount < waiterLimit else { return .overloaded }
            waiters.append(waiter)
            waiterCount += 1
        }
        let isNew = waiting[key] == nil
        waiting[key] = waiters
        return isNew ? .missing : .building
    }

    /// An input is built, or cannot be.
    ///
    /// - Parameters:
    ///   - key: Which.
    ///   - tensor: Nil if it could not be built.
    /// - Returns: Who waited for it.
    package mutating func finish(_ key: InputKey, _ tensor: InputTensor?) -> [Waiter] {
        if let tensor { built.insert(tensor, for: key, bytes: tensor.bytes.count) }
        let waiters = waiting.removeValue(forKey: key) ?? []
        waiterCount -= waiters.count
        return waiters
    }

    /// Drops what is kept of a job that has ended.
    package mutating func forget(_ job: JobID) {
        built.removeAll { $0.job == job }
    }
}
