import Coordinator
import TestSupport
import Testing

struct ByteCacheTests {
    @Test func `it is a list of the last used, cut where the bytes are full`() {
        for seed in 0..<5 {
            var generator = SeededGenerator(seed: UInt64(seed))
            var cache = ByteCache<Int, String>(byteLimit: 100)
            // Most recent last.
            var model: [(key: Int, bytes: Int)] = []
            for _ in 0..<400 {
                let key = Int.random(in: 0..<12, using: &generator)
                switch Int.random(in: 0..<5, using: &generator) {
                case 0:
                    cache.remove(key)
                    model.removeAll { $0.key == key }
                case 1, 2:
                    let found = cache.value(for: key)
                    let index = model.firstIndex { $0.key == key }
                    #expect(found == index.map { "\(model[$0].key):\(model[$0].bytes)" })
                    if let index { model.append(model.remove(at: index)) }
                default:
                    let bytes = Int.random(in: 0..<60, using: &generator)
                    cache.insert("\(key):\(bytes)", for: key, bytes: bytes)
                    model.removeAll { $0.key == key }
                    model.append((key, bytes))
                    while model.reduce(0, { $0 + $1.bytes }) > 100 { model.removeFirst() }
                }
                #expect(cache.count == model.count)
                #expect(cache.byteCount == model.reduce(0) { $0 + $1.bytes })
            }
        }
    }

    @Test func `one value above the limit is kept until the next comes`() {
        var cache = ByteCache<Int, Int>(byteLimit: 10)
        cache.insert(1, for: 1, bytes: 50)
        let kept = cache.value(for: 1)
        #expect(kept == 1)
        cache.insert(2, for: 2, bytes: 1)
        let dropped = cache.value(for: 1)
        #expect(dropped == nil)
        #expect(cache.byteCount == 1)
    }

    @Test func `keys of a kind go together`() {
        var cache = ByteCache<Int, Int>(byteLimit: 100)
        for key in 0..<10 { cache.insert(key, for: key, bytes: 5) }
        cache.removeAll { $0.isMultiple(of: 2) }
        #expect(cache.count == 5)
        #expect(cache.byteCount == 25)
    }
}
