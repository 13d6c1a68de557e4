/// The most recently used values under a bound of their bytes; the last one whatever its size.
package struct ByteCache<Key: Hashable, Value> {
    package let byteLimit: Int
    package private(set) var byteCount = 0
    private var entries: [Key: Entry] = [:]
    /// Keys from the least to the most recent use; an entry's older uses are stale and skipped.
    private var uses: [(key: Key, number: UInt64)] = []
    private var firstUse = 0
    private var useCount: UInt64 = 0

    private struct Entry {
        let value: Value
        let bytes: Int
        var use: UInt64
    }

    package init(byteLimit: Int) {
        precondition(byteLimit >= 0)
        self.byteLimit = byteLimit
    }

    package var count: Int { entries.count }

    /// The value, which counts as used now.
    package mutating func value(for key: Key) -> Value? {
        guard entries[key] != nil else { return nil }
        touch(key)
        return entries[key]?.value
    }

    /// Keeps a value of `bytes` bytes, and drops the least recently used ones for it.
    package mutating func insert(_ value: Value, for key: Key, bytes: Int) {
        remove(key)
        entries[key] = Entry(value: value, bytes: bytes, use: 0)
        byteCount += bytes
        touch(key)
        while byteCount > byteLimit, entries.count > 1 { dropOldest() }
    }

    package mutating func remove(_ key: Key) {
        guard let entry = entries.removeValue(forKey: key) else { return }
        byteCount -= entry.bytes
    }

    package mutating func removeAll(where condition: (Key) -> Bool) {
        for key in Array(entries.keys) where condition(key) { remove(key) }
    }

    private mutating func touch(_ key: Key) {
        useCount += 1
        entries[key]?.use = useCount
        uses.append((key, useCount))
        // Stale uses are at most as many as live ones, so the list stays in proportion.
        if uses.count - firstUse > 2 * entries.count + 64 { compact() }
    }

    private mutating func dropOldest() {
        while firstUse < uses.count {
            let (key, number) = uses[firstUse]
            firstUse += 1
            guard entries[key]?.use == number else { continue }
            remove(key)
            return
        }
    }

    private mutating func compact() {
        uses = uses[firstUse...].filter { entries[$0.key]?.use == $0.number }
        firstUse = 0
    }
}
