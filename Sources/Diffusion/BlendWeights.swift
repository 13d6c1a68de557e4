import Glibc

/// How a window's weight falls towards its ends.
package enum WindowTaper: String, CaseIterable, Sendable {
    /// Raised cosine over the actual overlaps; the default.
    case hann
    /// Straight ramps over the actual overlaps.
    case linear
    /// Distance to the nearer end of the window, whatever the overlaps.
    case pyramid
    /// No taper: a plain mean, which leaves a jump where the set of windows changes.
    case flat
}

/// The share each window has in each of its frames, computed once in double.
///
/// p_k(f) = w_k(f) / Σ_j w_j(f) for raw weights w. With half-sample offsets a = (i + ½) / o_left
/// and b = (L − i − ½) / o_right, at most 1, for frame i of a window and the actual overlaps o with
/// its neighbours (1 at the ends of the shot): linear min(a, b), Hann sin²(πa/2) sin²(πb/2),
/// pyramid min(i + 1, L − i), flat 1.
package struct BlendWeights: Hashable, Sendable {
    package let plan: WindowPlan
    /// A row for each window, a value for each of its frames.
    package let rows: [[Double]]

    package init(_ plan: WindowPlan, taper: WindowTaper) {
        let raw = plan.windows.indices.map { Self.raw(plan, window: $0, taper) }
        self.init(plan, normalising: raw)
    }

    /// Weights from raw ones, whose sum must be positive on every frame.
    package init(_ plan: WindowPlan, normalising raw: [[Double]]) {
        precondition(raw.count == plan.windows.count, "\(raw.count) rows of weights")
        var sums = [Double](repeating: 0, count: plan.frameCount)
        for (window, row) in zip(plan.windows, raw) {
            precondition(row.count == window.count, "\(row.count) weights for \(window)")
            for (frame, weight) in zip(window, row) {
                sums[frame] += weight
            }
        }
        precondition(sums.allSatisfy { $0 > 0 }, "a frame has no weight")
        self.plan = plan
        rows = zip(plan.windows, raw).map { window, row in
            zip(window, row).map { $1 / sums[$0] }
        }
    }

    private init(plan: WindowPlan, rows: [[Double]]) {
        self.plan = plan
        self.rows = rows
    }

    /// The share of `window` in the absolute frame `frame`, which it must hold.
    package func share(of window: Int, in frame: Int) -> Double {
        rows[window][frame - plan.windows[window].lowerBound]
    }

    /// Weights that keep the variance of windows whose values have correlation `correlation`, by
    /// dividing each frame's by √(Σ p_k² + correlation Σ_{j≠k} p_j p_k).
    ///
    /// They no longer sum to one: for a final blend of zero-mean latents of windows sampled from
    /// unrelated noise. A double exposure stays one.
    package func keepingVariance(correlation: Double) -> BlendWeights {
        precondition(correlation >= 0 && correlation <= 1, "correlation \(correlation)")
        var squares = [Double](repeating: 0, count: plan.frameCount)
        for (window, row) in zip(plan.windows, rows) {
            for (frame, weight) in zip(window, row) {
                squares[frame] += weight * weight
            }
        }
        let corrected = zip(plan.windows, rows).map { window, row in
            zip(window, row).map { frame, weight in
                weight / (squares[frame] + correlation * (1 - squares[frame])).squareRoot()
            }
        }
        return BlendWeights(plan: plan, rows: corrected)
    }

    private static func raw(_ plan: WindowPlan, window: Int, _ taper: WindowTaper) -> [Double] {
        let frames = plan.windows[window]
        let leftOverlap =
            window > 0 ? plan.windows[window - 1].upperBound - frames.lowerBound : 0
        let rightOverlap =
            window + 1 < plan.windows.count
            ? frames.upperBound - plan.windows[window + 1].lowerBound : 0
        return (0..<frames.count).map { index in
            // No overlap divides by zero and gives infinity, which counts as 1: no taper.
            let left = min((Double(index) + 0.5) / Double(leftOverlap), 1)
            let right = min((Double(frames.count - index) - 0.5) / Double(rightOverlap), 1)
            switch taper {
            case .flat: return 1
            case .pyramid: return Double(min(index + 1, frames.count - index))
            case .linear: return min(left, right)
            case .hann:
                let root = sin(Double.pi / 2 * left) * sin(Double.pi / 2 * right)
                return root * root
            }
        }
    }
}
