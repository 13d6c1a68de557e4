import Diffusion
import Evaluation
import Pipelines
import Tensors
import Testing

struct WindowArrangementTests {
    private static let extent = NoiseExtent(channels: 4, height: 2, width: 3)

    @Test func `unshared noise is each window's own, and only then are there starts`() throws {
        var arrangement = WindowArrangement()
        arrangement.length = 6
        let plan = try arrangement.plan(frames: 12)
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
    }

    @Test func `a model's windows, noise and blending are those of its rendering`() throws {
        #expect(
            try WindowArrangement(SamplingDefaults(), framesMax: 24) == WindowArrangement()
        )
        #expect(try WindowArrangement(SamplingDefaults(), framesMax: 6).length == 6)
        var choice = SamplingDefaults()
        choice.window = 8
        choice.overlap = 3
        choice.taper = .linear
        choice.fusion = .every(4)
        choice.fuseUntil = 0.25
        for kind in NoiseKind.allCases {
            choice.noise = kind
            let arrangement = try WindowArrangement(choice, framesMax: 24)
            #expect(arrangement.length == 8 && arrangement.shared == 3)
            #expect(arrangement.name == "K 4 until 0.25, overlap 3, linear, \(kind.rawValue) noise")
            let plan = try arrangement.plan(frames: 16)
            #expect(plan.windows.map(\.count) == [8, 8, 8])
        }
        let error = #expect(throws: StitchError.self) {
            try WindowArrangement(choice, framesMax: 7)
        }
        #expect(error?.description.contains("positions for 1 to 7 frames, found 8") == true)
    }

    @Test func `noise that windows of one frame cannot have is refused`() {
        var arrangement = WindowArrangement()
        arrangement.length = 1
        arrangement.noise = .lock
        #expect(throws: StitchError.self) { try arrangement.plan(frames: 3) }
    }

    @Test func `the standard rows are what is usual, each with one thing changed`() {
        var small = WindowArrangement()
        small.length = 8
        small.overlap = 2
        small.interval = .every(5)
        small.taper = .flat
        for usual in [WindowArrangement(), small, small.uncoupled] {
            let rows = StitchingTest.standard(usual)
            #expect(rows[0] == usual && rows.allSatisfy { $0.length == usual.length })
            #expect(Set(rows.map(\.name)).count == rows.count)
            #expect(rows.contains { $0.name == usual.uncoupled.name })
            #expect(Set(rows.map(\.taper)).count == WindowTaper.allCases.count)
            #expect(Set(rows.map(\.noise)).count == WindowArrangement.Noise.allCases.count)
        }
        #expect(StitchingTest.standard(WindowArrangement()).contains { $0.overlap == 4 })
    }

    @Test func `a grid has every value with every other`() {
        var usual = WindowArrangement()
        usual.length = 8
        let grid = StitchingTest.grid(
            around: usual,
            intervals: [.every(1), .never],
            untils: [1],
            overlaps: [4, nil],
            tapers: [.hann],
            noises: [.shuffled, .independent, .unshared]
        )
        #expect(grid.count == 12 && Set(grid).count == 12)
        #expect(grid.allSatisfy { $0.until == 1 && $0.taper == .hann && $0.length == 8 })
        #expect(Set(grid.map(\.name)).count == 12)
    }
}
