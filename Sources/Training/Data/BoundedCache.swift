import Synchronization

/// Values that can be made again, kept while there is room: the longest unused go first.
///
/// A value must be a function of its key. Whether it was kept then changes nothing but the time.
package final class BoundedCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry {
        var value: Value
        var bytes: Int
        var lastUse: Int
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        var bytes = 0
        var uses = 0
        var hits = 0
    }

    package let bytesMax: Int
    private let state = Mutex(State())

    /// A cache of at most so many bytes; 0 keeps nothing.
    package init(bytesMax: Int) {
        self.bytesMax = bytesMax
    }

    /// How many values were there when asked for, and how many were not.
    package var counts: (hits: Int, misses: Int) {
        state.withLock { ($0.hits, $0.uses - $0.hits) }
    }

    /// The value of a key, made if it is not there.
    ///
    /// - Parameters:
    ///   - key: All the value depends on.
    ///   - bytes: A value's size.
    ///   - make: Makes the value; nil is not kept.
    /// - Returns: The value.
    /// - Throws: What `make` throws.
    package func callAsFunction(
        _ key: Key,
        bytes: (Value) -> Int,
        make: () throws -> Value?
    ) rethrows -> Value? {
        let found = state.withLock { state -> Value? in
            state.uses += 1
            guard state.entries[key] != nil else { return nil }
            state.hits += 1
            state.entries[key]?.lastUse = state.uses
            return state.entries[key]?.value
        }
        if let found { return found }
        guard let value = try make() else { return nil }
        keep(value, key, bytes: bytes(value))
        return value
    }

    private func keep(_ value: Value, _ key: Key, bytes: Int) {
        guard bytes <= bytesMax else { return }
        state.withLock { state in
            if let old = state.entries[key] { state.bytes -= old.bytes }
            state.entries[key] = Entry(value: value, bytes: bytes, lastUse: state.uses)
            state.bytes += bytes
            guard state.bytes > bytesMax else { return }
            // An eighth at a time, so that sorting is rare.
            for (key, entry) in state.entries.sorted(by: { $0.value.lastUse < $1.value.lastUse }) {
                guard state.bytes > bytesMax - bytesMax / 8, state.entries.count > 1 else { break }
                state.entries[key] = nil
                state.bytes -= entry.bytes
            }
        }
    }
}
