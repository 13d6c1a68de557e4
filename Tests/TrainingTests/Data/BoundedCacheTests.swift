import Testing
import Training

struct BoundedCacheTests {
    @Test func `what was used last stays, and there is never too much`() {
        let cache = BoundedCache<Int, [Int]>(bytesMax: 800)
        var made: [Int] = []
        func value(_ key: Int) -> [Int]? {
            let make = {
                made.append(key)
                return [Int](repeating: key, count: 10)
            }
            return cache(key, bytes: { $0.count * 8 }, make: make)
        }
        for key in 0..<10 { _ = value(key) }
        #expect(made == Array(0..<10))
        // The first is used again, so the second is the longest unused.
        #expect(value(0) == [Int](repeating: 0, count: 10))
        _ = value(10)
        #expect(made == Array(0...10))
        _ = value(0)
        #expect(made == Array(0...10))
        _ = value(1)
        #expect(made == Array(0...10) + [1])
        #expect(cache.counts.hits == 2)
        #expect(cache.counts.misses == 12)
    }

    @Test func `what is larger than the cache, or nothing, is not kept`() {
        let cache = BoundedCache<Int, Int>(bytesMax: 7)
        var made = 0
        for _ in 0..<2 {
            func make(_ value: Int?) -> Int? {
                made += 1
                return value
            }
            _ = cache(1, bytes: { _ in 8 }, make: { make(5) })
            _ = cache(2, bytes: { _ in 1 }, make: { make(nil) })
        }
        #expect(made == 4)
    }
}
