import Diffusion
import Evaluation
import Tensors
import TestSupport
import Testing

struct GhostIndexTests {
    private func windows(_ plan: WindowPlan) -> [HostTensor] {
        plan.windows.indices.map { index in
            randomTensor([plan.windows[index].count, 2, 4, 4], seed: UInt64(index))
        }
    }

    @Test func `a mean is a full double exposure and a hard switch a clean cut`() throws {
        let plan = try WindowPlan(frameCount: 12, length: 8, overlap: 4)
        let windows = windows(plan)
        let mean = LatentFuser(BlendWeights(plan, taper: .flat)).fuse(windows)
        let exposed = GhostIndex(windows: windows, blended: mean, plan: plan)
        #expect(exposed.ghosts == [4, 5, 6, 7])
        #expect(exposed.values.values.allSatisfy { abs($0 - 0.5) < 1e-5 })
        // All weight on the left until the middle, then all on the right.
        let rows: [[Double]] = [[1, 1, 1, 1, 1, 1, 0, 0], [0, 0, 1, 1, 1, 1, 1, 1]]
        let cut = LatentFuser(BlendWeights(plan, normalising: rows)).fuse(windows)
        let clean = GhostIndex(windows: windows, blended: cut, plan: plan)
        #expect(clean.ghosts.isEmpty)
        #expect(clean.values.values.allSatisfy { $0 == 0 })
        #expect(clean.values.count == 4)
    }

    @Test func `a double exposure of windows that hardly differ is none`() throws {
        let plan = try WindowPlan(frameCount: 12, length: 8, overlap: 4)
        let base = randomTensor([12, 2, 4, 4], seed: 5)
        let close = plan.windows.map { frames in
            let part = base.values[frames.lowerBound * 32..<frames.upperBound * 32]
            let shift: Float = frames.lowerBound == 0 ? 0.02 : -0.02
            return HostTensor(part.map { $0 + shift }, [8, 2, 4, 4])
        }
        let mean = LatentFuser(BlendWeights(plan, taper: .flat)).fuse(close)
        let ghosts = GhostIndex(windows: close, blended: mean, plan: plan)
        #expect(ghosts.ghosts.isEmpty)
        #expect(ghosts.values.values.allSatisfy { abs($0 - 0.5) < 1e-2 })
    }
}
