import Diffusion
import Evaluation
import Tensors
import Testing

struct LatentVarianceTests {
    private let shape = Shape([16, 4, 12, 12])

    /// White noise of its own in each window.
    private func noise(_ plan: WindowPlan) -> [HostTensor] {
        plan.windows.indices.map { index in
            let source = NoiseSource(seed: UInt64(index) + 7)
            let values = plan.windows[index].flatMap {
                source.normals(576, frame: $0, key: .initial)
            }
            return HostTensor(values, Shape([plan.windows[index].count, 4, 12, 12]))
        }
    }

    @Test(arguments: [WindowTaper.hann, .linear, .flat])
    func `a blend of independent noise loses the variance that is predicted`(
        taper: WindowTaper
    ) throws {
        // Overlaps of 4 in windows of 12, so that most frames are of one window alone.
        let plan = try WindowPlan(frameCount: 44, length: 12, overlap: 4)
        let windows = noise(plan)
        let weights = BlendWeights(plan, taper: taper)
        let blended = LatentFuser(weights).fuse(windows)
        let variance = try #require(LatentVariance(blended, plan))
        let predicted = try #require(LatentVariance.predictedRatio(windows, weights))
        #expect(abs(variance.ratio - predicted) < 0.03, "\(variance.ratio), \(predicted)")
        // The mean of w² + (1 − w)² over the weights, whose flat blend halves it.
        var expected: [Double] = []
        for frame in 0..<44 where plan.windows(covering: frame).count > 1 {
            let shares = plan.windows(covering: frame).map { weights.share(of: $0, in: frame) }
            expected.append(shares.reduce(0) { $0 + $1 * $1 })
        }
        let mean = expected.reduce(0, +) / Double(expected.count)
        #expect(abs(predicted - mean) < 0.03, "\(predicted), \(mean)")
        if taper == .flat { #expect(abs(variance.ratio - 0.5) < 0.03) }
        for mismatch in LatentFuser(weights).mismatches(windows) {
            #expect(abs(mismatch.ratio - 1) < 0.1, "D / (2σ²) of independent noise is 1")
        }
    }

    @Test func `windows that agree lose nothing`() throws {
        let plan = try WindowPlan(frameCount: 28, length: 12, overlap: 4)
        let source = NoiseSource(seed: 1)
        let whole = (0..<28).map { source.normals(576, frame: $0, key: .initial) }
        let windows = plan.windows.map { frames in
            HostTensor(frames.flatMap { whole[$0] }, Shape([12, 4, 12, 12]))
        }
        let weights = BlendWeights(plan, taper: .hann)
        let predicted = try #require(LatentVariance.predictedRatio(windows, weights))
        #expect(predicted == 1)
        let ratio = try #require(
            LatentVariance(LatentFuser(weights).fuse(windows), plan)
        ).ratio
        #expect(abs(ratio - 1) < 0.05)
        let ghosts = GhostIndex(
            windows: windows,
            blended: LatentFuser(weights).fuse(windows),
            plan: plan
        )
        #expect(ghosts.ghosts.isEmpty && ghosts.values.values.allSatisfy { $0 == 0 })
    }

    @Test func `without overlaps, or without anything else, there is no ratio`() throws {
        let latents = HostTensor(repeating: 1, [8, 1, 2, 2])
        for overlap in [0, 3] {
            let plan = try WindowPlan(frameCount: 8, length: 4, overlap: overlap)
            #expect(LatentVariance(latents, plan) == nil)
        }
        #expect(LatentVariance.profile(latents) == [Double](repeating: 0, count: 8))
    }
}
