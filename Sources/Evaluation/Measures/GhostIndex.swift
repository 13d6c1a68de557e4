package import Diffusion
package import Tensors

/// Double exposure in what was blended at the end: how near each frame that two windows A and B
/// share is to the nearer of them.
///
///     g = min(|y − A|, |y − B|) / |A − B|
///
/// 0 is a clean cut, ½ a full double exposure. A ghost is a frame with g > 0.25 whose windows
/// really disagree, D / (2σ²) > 0.1; where they agree nothing can be seen twice.
package struct GhostIndex: Hashable, Sendable {
    /// g of each shared frame, by its number; of several pairs the largest g.
    package let values: [Int: Double]
    /// The frames that are ghosts, ascending.
    package let ghosts: [Int]

    package static let indexLimit = 0.25
    package static let mismatchLimit = 0.1

    /// - Parameters:
    ///   - windows: `[L, ...]` each, before the blend.
    ///   - blended: `[F, ...]`.
    ///   - plan: The windows.
    package init(windows: [HostTensor], blended: HostTensor, plan: WindowPlan) {
        precondition(windows.count == plan.windows.count, "\(windows.count) windows")
        precondition(blended.shape[0] == plan.frameCount, "a blend of \(blended.shape)")
        var values: [Int: Double] = [:]
        var ghosts: Set<Int> = []
        for overlap in plan.overlaps where overlap.right == overlap.left + 1 {
            for frame in overlap.frames {
                func part(_ window: Int) -> ArraySlice<Float> {
                    LatentVariance.slice(
                        windows[window],
                        frame - plan.windows[window].lowerBound
                    )
                }
                let (a, b) = (part(overlap.left), part(overlap.right))
                let y = LatentVariance.slice(blended, frame)
                let difference = LatentVariance.meanSquare(a, b)
                guard difference > 0 else {
                    values[frame] = max(values[frame] ?? 0, 0)
                    continue
                }
                let nearer = min(
                    LatentVariance.meanSquare(y, a),
                    LatentVariance.meanSquare(y, b)
                )
                let index = (nearer / difference).squareRoot()
                values[frame] = max(values[frame] ?? 0, index)
                let sigma = (LatentVariance.variance(a) + LatentVariance.variance(b)) / 2
                if index > Self.indexLimit, difference > Self.mismatchLimit * 2 * sigma {
                    ghosts.insert(frame)
                }
            }
        }
        self.values = values
        self.ghosts = ghosts.sorted()
    }
}
