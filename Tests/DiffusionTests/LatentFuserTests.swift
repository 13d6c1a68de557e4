import Diffusion
import Tensors
import TestSupport
import Testing

struct LatentFuserTests {
    static func fuser(
        _ frames: Int,
        _ overlap: Int,
        _ taper: WindowTaper
    ) throws -> LatentFuser {
        let plan = try WindowPlan(frameCount: frames, length: 16, overlap: overlap)
        return LatentFuser(BlendWeights(plan, taper: taper))
    }

    /// Each window's own random latents.
    static func windows(_ plan: WindowPlan, seed: UInt64) -> [HostTensor] {
        plan.windows.enumerated().map { index, window in
            randomTensor([window.count, 3, 2, 4], seed: seed &* 1000 &+ UInt64(index))
        }
    }

    @Test(arguments: WindowTaper.allCases, [0, 4, 8, 12])
    func blendsByTheWeights(taper: WindowTaper, overlap: Int) throws {
        let fuser = try Self.fuser(41, overlap, taper)
        let plan = fuser.weights.plan
        let windows = Self.windows(plan, seed: 1)
        let fused = fuser.fuse(windows)
        #expect(fused.shape == [41, 3, 2, 4])
        for frame in 0..<41 {
            for element in 0..<24 {
                let expected = plan.windows(covering: frame).reduce(0) {
                    let index = (frame - plan.windows[$1].lowerBound) * 24 + element
                    return $0 + fuser.weights.share(of: $1, in: frame)
                        * Double(windows[$1].values[index])
                }
                #expect(fused.values[frame * 24 + element] == Float(expected))
            }
        }
    }

    @Test(arguments: WindowTaper.allCases, [0, 4, 8, 13])
    func windowsThatAgreeAreLeftToTheBit(taper: WindowTaper, overlap: Int) throws {
        let fuser = try Self.fuser(50, overlap, taper)
        let video = randomTensor([50, 3, 2, 4], seed: 4)
        let windows = fuser.weights.plan.windows.map { window in
            HostTensor(
                Array(video.values[window.lowerBound * 24..<window.upperBound * 24]),
                [window.count, 3, 2, 4]
            )
        }
        #expect(fuser.fuse(windows) == video)
        for mismatch in fuser.mismatches(windows) {
            #expect(mismatch.meanSquaredDifference == 0 && mismatch.ratio == 0)
        }
    }

    @Test(arguments: [4, 8, 13])
    func oneWindowNeedsOnlyThoseThatTouchIt(overlap: Int) throws {
        let fuser = try Self.fuser(70, overlap, .hann)
        let plan = fuser.weights.plan
        let windows = Self.windows(plan, seed: 2)
        let fused = fuser.fuse(windows)
        for (index, frames) in plan.windows.enumerated() {
            var asked: [Int] = []
            let own = fuser.fuse(window: index) {
                asked.append($0)
                return windows[$0]
            }
            #expect(asked == Array(plan.windows(touching: index)))
            let slice = fused.values[frames.lowerBound * 24..<frames.upperBound * 24]
            #expect(own.values == Array(slice))
            #expect(own.shape == [frames.count, 3, 2, 4])
        }
    }

    @Test func mismatchIsOneForUnrelatedWindows() throws {
        let fuser = try Self.fuser(64, 8, .linear)
        let plan = fuser.weights.plan
        let windows = plan.windows.indices.map {
            randomTensor([16, 16, 16, 4], seed: UInt64($0), scale: 1.7)
        }
        let mismatches = fuser.mismatches(windows)
        #expect(mismatches.map(\.overlap) == plan.overlaps)
        for mismatch in mismatches {
            #expect(abs(mismatch.ratio - 1) < 0.05)
            #expect(abs(mismatch.variance / (1.7 * 1.7) - 1) < 0.05)
        }
    }

    /// White noise from unrelated windows keeps Σ p² of its variance in a plain blend, all of it in
    /// the corrected one.
    @Test(arguments: [WindowTaper.hann, .linear, .flat])
    func blendOfWhiteNoiseHasTheVarianceOfItsWeights(taper: WindowTaper) throws {
        let plain = try Self.fuser(24, 8, taper)
        let corrected = LatentFuser(plain.weights.keepingVariance(correlation: 0))
        let windows = [1, 2].map { randomTensor([16, 32, 32, 4], seed: $0) }
        func variance(_ latents: HostTensor, _ frame: Int) -> Double {
            latents.values[frame * 4096..<(frame + 1) * 4096].reduce(0) {
                $0 + Double($1) * Double($1) / 4096
            }
        }
        let (blended, kept) = (plain.fuse(windows), corrected.fuse(windows))
        for frame in 0..<24 {
            let expected = plain.weights.plan.windows(covering: frame).reduce(0) {
                $0 + plain.weights.share(of: $1, in: frame) * plain.weights.share(of: $1, in: frame)
            }
            // Five standard deviations of a variance from 4096 values: 5 · √(2 / 4096).
            #expect(abs(variance(blended, frame) / expected - 1) < 0.11)
            #expect(abs(variance(kept, frame) - 1) < 0.11)
        }
    }
}
