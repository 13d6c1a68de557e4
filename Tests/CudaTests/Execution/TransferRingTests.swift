import Cuda
import TestSupport
import Testing

struct TransferRingTests {
    /// Whatever the sizes, a place is free or what lies there is waited for.
    @Test(arguments: 0..<20)
    func `no piece is put where another may still be`(_ seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        let (capacity, most) = (5000, 6)
        var ring = TransferRing(capacity: capacity, most: most)
        var onTheirWay: [(range: Range<Int>, number: Int)] = []
        var waits = 0
        for number in 0..<500 {
            let longest = number % 50 == 49 ? capacity : 1500
            let count = Int.random(in: 1...longest, using: &generator)
            let place = ring.take(count)
            #expect(place.number == number && place.offset % 256 == 0)
            if let awaited = place.awaited {
                waits += 1
                onTheirWay.removeAll { $0.number <= awaited }
            }
            let range = place.offset..<place.offset + count
            #expect(range.upperBound <= capacity)
            #expect(!onTheirWay.contains { $0.range.overlaps(range) })
            onTheirWay.append((range, number))
            #expect(onTheirWay.count <= most)
        }
        #expect(waits > 100)
    }

    @Test func `nothing is waited for while there is room`() {
        var ring = TransferRing(capacity: 1024, most: 4)
        let places = (0..<4).map { _ in ring.take(256) }
        #expect(places.map(\.offset) == [0, 256, 512, 768])
        #expect(places.allSatisfy { $0.awaited == nil })
        let next = ring.take(300)
        // Two lie where it goes.
        #expect(next.offset == 0 && next.awaited == 1)
        // Few, but small, so that their number is what is waited for.
        var small = TransferRing(capacity: 1 << 20, most: 3)
        #expect((0..<5).map { _ in small.take(1).awaited } == [nil, nil, nil, 0, 1])
    }
}
