import Pipelines
import Tensors
import TestSupport
import Testing

struct DepthRangeTests {
    @Test func `the range of a shot is that of its chunks joined`() throws {
        let shot = randomTensor([6, 4, 5], seed: 1, scale: 7)
        let whole = try #require(DepthRange(of: shot))
        let parts = [0..<2, 2..<3, 3..<6].compactMap { frames in
            DepthRange(
                of: HostTensor(
                    Array(shot.values[frames.lowerBound * 20..<frames.upperBound * 20]),
                    [frames.count, 4, 5]
                )
            )
        }
        #expect(parts.count == 3)
        #expect(parts.dropFirst().reduce(parts[0]) { $0.union($1) } == whole)
        #expect(parts.reversed().dropFirst().reduce(parts[2]) { $0.union($1) } == whole)
    }

    @Test func `the far end becomes -1 and the near end 1`() {
        let range = DepthRange(least: -3, largest: 5)
        let found = range.normalised(HostTensor([-3, 5, 1, -4, 6], [1, 1, 5]))
        // What another chunk's range did not foresee is clamped.
        #expect(found.values == [-1, 1, 0, -1, 1])
    }

    @Test func `a shot without depth is flat, and one without numbers has no range`() {
        let flat = DepthRange(least: 2, largest: 2)
        #expect(flat.normalised(HostTensor([2, 2], [1, 1, 2])).values == [0, 0])
        #expect(DepthRange(of: HostTensor([.nan, .infinity], [1, 1, 2])) == nil)
        let some = DepthRange(of: HostTensor([.nan, 3, .infinity, 1], [1, 2, 2]))
        #expect(some == DepthRange(least: 1, largest: 3))
    }
}
