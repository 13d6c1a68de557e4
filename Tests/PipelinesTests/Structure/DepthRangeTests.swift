import Pipelines
import Tensors
import TestSupport
import Testing

struct DepthRangeTests {
    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func normalisedDepthFillsTheRange(seed: UInt64) throws {
        let depth = randomTensor([4, 5, 6], seed: seed, scale: 30)
        let range = try #require(DepthRange(of: depth))
        let values = range.normalised(depth).values
        #expect(values.min() == -1 && values.max() == 1)
        // Order is kept, scale and shift are not: they are arbitrary in relative depth.
        let moved = HostTensor(depth.values.map { $0 * 4 + 100 }, depth.shape)
        let other = try #require(DepthRange(of: moved)).normalised(moved).values
        #expect(nmse(other, values) < 1e-9)
    }

    /// Chunks measured apart normalise as the shot does.
    @Test func rangesOfChunksJoinToTheShots() throws {
        let depth = randomTensor([6, 3, 3], seed: 4)
        let chunks = try [0..<18, 18..<54].map { part in
            try #require(DepthRange(of: HostTensor(Array(depth.values[part]), [part.count])))
        }
        #expect(chunks[0].union(chunks[1]) == DepthRange(of: depth))
        #expect(chunks[1].union(chunks[0]) == DepthRange(of: depth))
    }

    @Test func aShotWithoutDepthIsZero() throws {
        let flat = HostTensor(repeating: 7, [2, 2, 2])
        let range = try #require(DepthRange(of: flat))
        #expect(range.normalised(flat) == HostTensor(repeating: 0, [2, 2, 2]))
    }

    @Test func finiteValuesAloneCount() throws {
        #expect(DepthRange(of: HostTensor([.nan, .infinity], [2])) == nil)
        #expect(DepthRange(of: HostTensor([], [0])) == nil)
        let range = DepthRange(of: HostTensor([.nan, 2, -3, .infinity], [4]))
        #expect(range == DepthRange(least: -3, largest: 2))
    }

    /// A chunk the range was not measured on.
    @Test func valuesBeyondTheRangeAreClamped() {
        let range = DepthRange(least: -3, largest: 5)
        let found = range.normalised(HostTensor([-3, 5, 1, -4, 6], [1, 1, 5]))
        #expect(found.values == [-1, 1, 0, -1, 1])
    }

    @Test func theLargestFloatsHaveARange() {
        let most = Float.greatestFiniteMagnitude
        let depth = HostTensor([-most, 0, most], [3])
        let found = DepthRange(least: -most, largest: most).normalised(depth)
        #expect(found.values == [-1, 0, 1])
    }
}
