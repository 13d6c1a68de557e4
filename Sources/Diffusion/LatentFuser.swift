package import Tensors

/// Blends what windows have sampled into one latent per frame.
///
/// Sums run over windows in ascending order, in double, and are rounded once to float32: the same
/// windows give the same bits on every machine and in whatever order they arrive, windows that
/// agree are left exactly as they are, and a frame only one window holds is copied. Works on any
/// tensors whose outermost axis is frames.
package struct LatentFuser: Sendable {
    package let weights: BlendWeights

    package init(_ weights: BlendWeights) {
        self.weights = weights
    }

    private var plan: WindowPlan { weights.plan }

    /// The blended latents of all frames, from one tensor `[L, ...]` for each window.
    package func fuse(_ windows: [HostTensor]) -> HostTensor {
        precondition(
            windows.count == plan.windows.count,
            "\(windows.count) of \(plan.windows.count) windows"
        )
        return fuse(frames: 0..<plan.frameCount) { windows[$0] }
    }

    /// The blended latents that `window` continues from, `[L, ...]`: those of `fuse`, from the
    /// windows that touch it alone.
    package func fuse(window: Int, latents: (Int) -> HostTensor) -> HostTensor {
        fuse(frames: plan.windows[window], latents: latents)
    }

    /// The blended latents of `frames`, `[frames.count, ...]`.
    ///
    /// - Parameters:
    ///   - frames: Absolute frames.
    ///   - latents: A window's tensor `[L, ...]`; asked once for each window that holds one of
    ///     `frames`, ascending.
    /// - Returns: The weighted sums.
    package func fuse(frames: Range<Int>, latents: (Int) -> HostTensor) -> HostTensor {
        precondition(!frames.isEmpty, "no frames to blend")
        let first = plan.windows(covering: frames.lowerBound).lowerBound
        let end = plan.windows(covering: frames.upperBound - 1).upperBound
        var sums: [Double] = []
        var frameShape: [Int]?
        for window in first..<end {
            let range = plan.windows[window]
            let tensor = latents(window)
            let shape = Array(tensor.shape.dimensions.dropFirst())
            precondition(
                tensor.shape.rank > 0 && tensor.shape[0] == range.count
                    && shape == frameShape ?? shape,
                "window \(window) of \(range.count) frames has latents \(tensor.shape)"
            )
            let length = Shape(shape).count
            if frameShape == nil {
                frameShape = shape
                sums = [Double](repeating: 0, count: frames.count * length)
            }
            for frame in range.clamped(to: frames) {
                let weight = weights.share(of: window, in: frame)
                let source = (frame - range.lowerBound) * length
                let target = (frame - frames.lowerBound) * length
                for element in 0..<length {
                    sums[target + element] += weight * Double(tensor.values[source + element])
                }
            }
        }
        return HostTensor(sums.map { Float($0) }, Shape([frames.count] + (frameShape ?? [])))
    }

    /// How far windows disagree where they overlap, for each pair that shares frames, ascending.
    package func mismatches(_ windows: [HostTensor]) -> [OverlapMismatch] {
        plan.overlaps.map { overlap in
            mismatch(left: overlap.left, right: overlap.right) { windows[$0] }
        }
    }

    /// How far two windows that share frames disagree on them.
    ///
    /// - Parameters:
    ///   - left: The earlier window.
    ///   - right: The later window.
    ///   - latents: A window's tensor `[L, ...]`.
    /// - Returns: Of the frames both hold.
    package func mismatch(
        left: Int,
        right: Int,
        latents: (Int) -> HostTensor
    ) -> OverlapMismatch {
        let frames = plan.windows[right].lowerBound..<plan.windows[left].upperBound
        precondition(left < right && !frames.isEmpty, "windows \(left) and \(right) share no frame")
        return OverlapMismatch(
            WindowOverlap(left: left, right: right, frames: frames),
            left: slice(latents(left), left, frames),
            right: slice(latents(right), right, frames)
        )
    }

    /// The values of `window`'s tensor on some absolute frames.
    private func slice(
        _ tensor: HostTensor,
        _ window: Int,
        _ frames: Range<Int>
    ) -> ArraySlice<Float> {
        let range = plan.windows[window]
        precondition(tensor.shape[0] == range.count, "window \(window) has \(tensor.shape)")
        let length = tensor.values.count / range.count
        let start = (frames.lowerBound - range.lowerBound) * length
        return tensor.values[start..<start + frames.count * length]
    }
}

/// How far two windows disagree on the frames they share.
///
/// Blending with shares w and 1 − w loses w (1 − w) D of the variance.
package struct OverlapMismatch: Hashable, Sendable {
    package let overlap: WindowOverlap
    private let disagreement: Disagreement

    /// D, the mean squared difference.
    package var meanSquaredDifference: Double { disagreement.meanSquaredDifference }
    /// σ², the mean of both windows' variances on these frames.
    package var variance: Double { disagreement.variance }
    /// D / (2σ²): 0 for identical windows, 1 for unrelated ones; infinite if windows that differ do
    /// not vary.
    package var ratio: Double { disagreement.ratio }

    init(_ overlap: WindowOverlap, left: ArraySlice<Float>, right: ArraySlice<Float>) {
        self.overlap = overlap
        disagreement = Disagreement(left, right)
    }
}

/// How far two lists of values of one thing are apart, against how far each varies.
package struct Disagreement: Hashable, Sendable {
    /// D.
    package let meanSquaredDifference: Double
    /// σ², the mean of both variances.
    package let variance: Double

    /// D / (2σ²): 0 for equal lists, 1 for unrelated ones; infinite if lists that differ do not
    /// vary.
    package var ratio: Double {
        meanSquaredDifference == 0 ? 0 : meanSquaredDifference / (2 * variance)
    }

    /// The same, or the largest that people are told where there is no finite one.
    package var finiteRatio: Double {
        ratio.isFinite ? ratio : Double(Float.greatestFiniteMagnitude)
    }

    package init(meanSquaredDifference: Double, variance: Double) {
        self.meanSquaredDifference = meanSquaredDifference
        self.variance = variance
    }

    /// Compares lists of one length, which have values.
    package init(_ left: ArraySlice<Float>, _ right: ArraySlice<Float>) {
        let squares = zip(left, right).reduce(0) {
            let difference = Double($1.0) - Double($1.1)
            return $0 + difference * difference
        }
        meanSquaredDifference = squares / Double(left.count)
        variance = (Self.variance(left) + Self.variance(right)) / 2
    }

    private static func variance(_ values: ArraySlice<Float>) -> Double {
        let mean = values.reduce(0) { $0 + Double($1) } / Double(values.count)
        return values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
            / Double(values.count)
    }
}
