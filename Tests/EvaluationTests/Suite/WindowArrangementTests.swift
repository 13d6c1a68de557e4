import Diffusion
import Evaluation
import Tensors
import Testing

struct WindowArrangementTests {
    private static let extent = NoiseExtent(channels: 4, height: 2, width: 3)

    @Test func `unshared noise is each window's own, and only then are there starts`() throws {
        var arrangement = WindowArrangement()
        let plan = try arrangement.plan(frames: 12, length: 6)
        #expect(plan.overlap == 3 && arrangement.starts(plan, seed: 1, Self.extent) == nil)
        arrangement.noise = .unshared
        let starts = try #require(arrangement.starts(plan, seed: 1, Self.extent))
        #expect(starts.map(\.shape) == plan.windows.map { Shape([$0.count, 2, 3, 4]) })
        let shared = NoiseSource(seed: 1).initialNoise(
            plan.windows[0],
            Self.extent,
            prior: .independent
        )
        #expect(starts[0] == shared)
        // The frames that windows 0 and 1 share have other noise in each.
        let overlap = plan.overlaps[0].frames
        let mismatch = LatentFuser(BlendWeights(plan, taper: .hann)).mismatch(left: 0, right: 1) {
            starts[$0]
        }
        #expect(overlap.count == 3 && abs(mismatch.ratio - 1) < 0.4)
        #expect(arrangement.starts(plan, seed: 1, Self.extent) == starts)
        #expect(arrangement.starts(plan, seed: 2, Self.extent) != starts)
    }

    @Test func `a name says what differs`() {
        var arrangement = WindowArrangement()
        #expect(arrangement.name == "K 1, hann, shuffled noise")
        arrangement.interval = .never
        arrangement.overlap = 4
        arrangement.noise = .unshared
        #expect(arrangement.name == "at the end, overlap 4, hann, unshared noise")
        #expect(Set(StitchingTest.standard.map(\.name)).count == StitchingTest.standard.count)
    }

    @Test func `a grid has every value with every other`() {
        let grid = StitchingTest.grid(
            intervals: [.every(1), .never],
            untils: [1],
            overlaps: [4, nil],
            tapers: [.hann],
            noises: [.shuffled, .independent, .unshared]
        )
        #expect(grid.count == 12 && Set(grid).count == 12)
        #expect(grid.allSatisfy { $0.until == 1 && $0.taper == .hann })
        #expect(Set(grid.map(\.name)).count == 12)
    }
}
