import Scheduling
import Tensors
import TestSupport
import Testing
import WireProtocol
import Worker

struct InputCacheTests {
    /// 1000 bytes.
    static let input = InputDescription("depth", .uint8, [1000], isKept: true)

    static func key(_ index: Int, isKept: Bool = true, seed: UInt64 = 0) -> InputKey {
        var input = input
        input.isKept = isKept
        var offer = FetcherTests.offer(FetcherTests.lease(index), [input])
        offer.job.seed = seed
        return InputKey(input, of: offer)
    }

    static func fill(_ cache: InputCache, _ key: InputKey, by lease: Lease, at now: Instant) throws
    {
        try #require(try cache.reserve(key, input, for: lease, at: now))
        let writer = try cache.writer(of: key, input)
        try writer.append([UInt8](repeating: 1, count: 1000), to: input.name)
        try writer.finish(isDurable: false)
        cache.finish(key)
    }

    static func time(_ seconds: Int) -> Instant { .zero + .seconds(seconds) }

    @Test func `the least recently used input goes when room is needed`() throws {
        let folder = try TemporaryFolder()
        let cache = try InputCache(folder: folder("cache"), byteLimit: 3500)
        for index in 0..<3 {
            let lease = FetcherTests.lease(index)
            try Self.fill(cache, Self.key(index), by: lease, at: Self.time(index))
            #expect(!cache.release(Self.key(index), by: lease))
        }
        let user = FetcherTests.lease(9)
        #expect(cache.use(Self.key(0), for: user, at: Self.time(5)) == .complete)
        try Self.fill(cache, Self.key(3), by: user, at: Self.time(6))
        #expect(cache.path(of: Self.key(1)) == nil)
        #expect(cache.path(of: Self.key(0)) != nil && cache.path(of: Self.key(2)) != nil)
        #expect(cache.byteCount == 3000)
        #expect(try SystemFile.names(in: folder("cache")).count == 3)
    }

    @Test func `what is in use stays, even if something else then has no room`() throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let cache = try InputCache(folder: folder("cache"), byteLimit: 2000)
        let user = FetcherTests.lease(9)
        for index in 0..<2 {
            try Self.fill(cache, Self.key(index), by: user, at: Self.time(index))
        }
        #expect(try !cache.reserve(Self.key(2), Self.input, for: user, at: Self.time(9)))
        #expect(cache.path(of: Self.key(0)) != nil && cache.path(of: Self.key(1)) != nil)
        #expect(!cache.release(Self.key(0), by: user))
        #expect(try cache.reserve(Self.key(2), Self.input, for: user, at: Self.time(9)))
    }

    @Test func `inputs of one lease go with it, shared ones when nobody has used them for long`()
        throws
    {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let cache = try InputCache(folder: folder("cache"), byteLimit: 1 << 20)
        let user = FetcherTests.lease(0)
        let own = Self.key(0, isKept: false)
        try Self.fill(cache, own, by: user, at: .zero)
        try Self.fill(cache, Self.key(0), by: user, at: .zero)
        #expect(cache.release(own, by: user) && !cache.release(Self.key(0), by: user))
        #expect(cache.byteCount == 1000)
        cache.expire(at: Self.time(599))
        #expect(cache.byteCount == 1000)
        cache.expire(at: Self.time(600))
        #expect(cache.byteCount == 0)
    }

    @Test func `jobs that are not the same share nothing, whatever their numbers are`() {
        #expect(Self.key(0) != Self.key(0, seed: 1))
        #expect(Self.key(0) == Self.key(0))
        #expect(Self.key(0) != Self.key(1))
    }

    @Test func `a cache starts empty, whatever an earlier run left`() throws {
        let folder = try TemporaryFolder()
        _ = try folder.write("x", to: "cache/7.safetensors")
        let cache = try InputCache(folder: folder("cache"), byteLimit: 10)
        #expect(cache.byteCount == 0)
        #expect(try SystemFile.names(in: folder("cache")) == [])
    }
}
