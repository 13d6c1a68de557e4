package import Diffusion
package import Tensors

/// How much of the latents' variance blending has taken where windows overlap.
///
/// Blending two windows with shares w and 1 − w loses w (1 − w) D of the variance σ², D their mean
/// squared difference; with more windows p_j p_k D_jk for each pair.
package struct LatentVariance: Hashable, Sendable {
    /// The mean over channels of the variance over each frame's pixels.
    package let values: [Double]
    /// Mean on frames that several windows hold over the mean on frames of one window.
    package let ratio: Double

    /// Nil if there are no overlaps, nothing else, or nothing varies.
    ///
    /// - Parameters:
    ///   - latents: `[F, C, H, W]`.
    ///   - plan: The windows of these frames.
    package init?(_ latents: HostTensor, _ plan: WindowPlan) {
        precondition(
            latents.shape.rank == 4 && latents.shape[0] == plan.frameCount,
            "latents \(latents.shape) of \(plan.frameCount) frames"
        )
        let values = Self.profile(latents)
        self.values = values
        let shared = plan.sharedFrames
        let inside = values.indices.filter { shared[$0] }.map { values[$0] }
        let outside = values.indices.filter { !shared[$0] }.map { values[$0] }
        guard !inside.isEmpty, !outside.isEmpty, Statistics.mean(outside) > 0 else { return nil }
        ratio = Statistics.mean(inside) / Statistics.mean(outside)
    }

    /// The variance over pixels of each frame, the mean over channels.
    package static func profile(_ latents: HostTensor) -> [Double] {
        let (frames, channels) = (latents.shape[0], latents.shape[1])
        let size = latents.shape[2] * latents.shape[3]
        return (0..<frames).map { frame in
            let variances = (0..<channels).map { channel in
                let start = (frame * channels + channel) * size
                return variance(latents.values[start..<start + size])
            }
            return Statistics.mean(variances)
        }
    }

    /// The ratio that the windows' disagreement foretells: 1 − Σ_{j<k} p_j p_k D_jk / σ², the mean
    /// over frames that several windows hold; nil if there are none or they do not vary.
    ///
    /// - Parameters:
    ///   - windows: `[L, C, H, W]` each, before the blend.
    ///   - weights: Their shares.
    /// - Returns: 1 where windows agree.
    package static func predictedRatio(_ windows: [HostTensor], _ weights: BlendWeights) -> Double?
    {
        let plan = weights.plan
        precondition(windows.count == plan.windows.count, "\(windows.count) windows")
        var ratios: [Double] = []
        for frame in 0..<plan.frameCount {
            let holders = Array(plan.windows(covering: frame))
            guard holders.count > 1 else { continue }
            let parts = holders.map { index in
                slice(windows[index], frame - plan.windows[index].lowerBound)
            }
            let sigma = Statistics.mean(parts.map(variance))
            guard sigma > 0 else { continue }
            var lost = 0.0
            for left in holders.indices {
                for right in holders.indices.dropFirst(left + 1) {
                    let shares =
                        weights.share(of: holders[left], in: frame)
                        * weights.share(of: holders[right], in: frame)
                    lost += shares * meanSquare(parts[left], parts[right])
                }
            }
            ratios.append(1 - lost / sigma)
        }
        return ratios.isEmpty ? nil : Statistics.mean(ratios)
    }

    static func slice(_ window: HostTensor, _ frame: Int) -> ArraySlice<Float> {
        let size = window.values.count / window.shape[0]
        return window.values[frame * size..<(frame + 1) * size]
    }

    static func meanSquare(_ a: ArraySlice<Float>, _ b: ArraySlice<Float>) -> Double {
        let sum = zip(a, b).reduce(0) { sum, pair in
            let difference = Double(pair.0) - Double(pair.1)
            return sum + difference * difference
        }
        return sum / Double(a.count)
    }

    static func variance(_ values: ArraySlice<Float>) -> Double {
        let count = Double(values.count)
        let mean = values.reduce(0) { $0 + Double($1) } / count
        return values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / count
    }
}

extension WindowPlan {
    /// Whether several windows hold each frame.
    var sharedFrames: [Bool] { (0..<frameCount).map { windows(covering: $0).count > 1 } }
}
