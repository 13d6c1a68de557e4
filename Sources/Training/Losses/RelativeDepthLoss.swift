package import Tensors

/// The error of relative inverse depth up to a positive scale and a shift of each image.
///
/// Ranftl et al. 2020 (arXiv 1907.01341), section 5: prediction and truth are aligned robustly, by
/// the median t and the mean absolute deviation from it s,
///
///     d̂ = (d − t(d)) / s(d),   t(d) = median d,   s(d) = mean |d − t(d)|
///     L = mean |d̂ − d̂*| + edges · E(d̂ − d̂*)
///
/// per image. The alignment by least squares, their other choice, would take a prediction that has
/// near and far exchanged for a perfect one; this one cannot, as s is positive. Nothing is trimmed:
/// they trim for errors in labels, and depth of scenes has none. Trained on labels of another
/// network, the L1 error bounds what an outlier does.
package struct RelativeDepthLoss: Hashable, Sendable {
    /// Weight of the differences between neighbours, α in the paper.
    package var edges: Double
    /// Resolutions of the edge term.
    package var scales: Int

    package init(edges: Double = 0.5, scales: Int = 4) {
        self.edges = edges
        self.scales = scales
    }

    /// Judges a prediction.
    ///
    /// - Parameters:
    ///   - found: Relative inverse depth `[N, H, W]`.
    ///   - truth: Inverse depth of the same shape, in any unit.
    /// - Returns: The mean over the images, and its derivative by `found`.
    package func callAsFunction(_ found: HostTensor, _ truth: HostTensor) -> Loss {
        precondition(
            found.shape == truth.shape && found.shape.rank == 3 && found.shape.count > 0,
            "a prediction of \(found.shape) for \(truth.shape)"
        )
        return slope(
            found.doubles,
            truth.doubles,
            ImageExtent(
                images: found.shape[0],
                height: found.shape[1],
                width: found.shape[2],
                channels: 1
            )
        ).loss(found.shape)
    }

    /// The same in double precision.
    package func slope(_ found: [Double], _ truth: [Double], _ extent: ImageExtent) -> Slope {
        let count = extent.height * extent.width
        var image = extent
        image.images = 1
        var result = Slope(value: 0, gradient: [])
        result.gradient.reserveCapacity(found.count)
        for start in stride(from: 0, to: found.count, by: count) {
            let one = slope(
                Array(found[start..<start + count]),
                Array(truth[start..<start + count]),
                of: image
            )
            result.value += one.value / Double(extent.images)
            result.gradient += one.gradient.map { $0 / Double(extent.images) }
        }
        return result
    }

    private func slope(_ found: [Double], _ truth: [Double], of extent: ImageExtent) -> Slope {
        let (ours, theirs) = (Alignment(found), Alignment(truth))
        let error = zip(ours.aligned(found), theirs.aligned(truth)).map { $0 - $1 }
        let loss = ReconstructionLoss(
            absolute: 1,
            squared: 0,
            edges: edges,
            tint: 0,
            scales: scales
        )
        var result = loss.slope(error, extent)
        result.gradient = ours.backward(result.gradient, found)
        return result
    }

    /// The shift and scale of one image.
    private struct Alignment {
        private let shift: Double
        private let scale: Double
        /// The pixels whose mean the median is.
        private let middle: [Int]

        /// Depth without any extent is divided by this.
        private static let scaleMin = 1e-6

        init(_ depth: [Double]) {
            let order = depth.indices.sorted { (depth[$0], $0) < (depth[$1], $1) }
            let half = order.count / 2
            let middle = order.count % 2 == 1 ? [order[half]] : [order[half - 1], order[half]]
            let shift = middle.map { depth[$0] }.reduce(0, +) / Double(middle.count)
            self.middle = middle
            self.shift = shift
            scale = depth.map { abs($0 - shift) }.reduce(0, +) / Double(depth.count)
        }

        private var divisor: Double { max(scale, Self.scaleMin) }

        func aligned(_ depth: [Double]) -> [Double] {
            depth.map { ($0 - shift) / divisor }
        }

        /// From the derivative by aligned depth to that by depth.
        func backward(_ gradient: [Double], _ depth: [Double]) -> [Double] {
            var result = gradient.map { $0 / divisor }
            // By the shift: −Σ g / s, and s itself depends on depth and shift.
            var byShift = -result.reduce(0, +)
            if scale > Self.scaleMin {
                let byScale = -zip(result, aligned(depth)).map { $0 * $1 }.reduce(0, +)
                let share = byScale / Double(depth.count)
                for (index, value) in depth.enumerated() {
                    let sign: Double = value > shift ? 1 : value < shift ? -1 : 0
                    result[index] += share * sign
                    byShift -= share * sign
                }
            }
            for index in middle { result[index] += byShift / Double(middle.count) }
            return result
        }
    }
}

/// How well relative depth follows the true one.
package struct DepthAgreement: Hashable, Sendable {
    /// Pearson's correlation, the mean over the images; 0 for an image without any extent.
    package let correlation: Double

    package init(_ found: HostTensor, _ truth: HostTensor) {
        precondition(found.shape == truth.shape && found.shape.rank == 3)
        let count = found.shape[1] * found.shape[2]
        var sum = 0.0
        for start in stride(from: 0, to: found.shape.count, by: count) {
            let range = start..<start + count
            sum += Self.correlation(found.values[range], truth.values[range])
        }
        correlation = sum / Double(found.shape[0])
    }

    private static func correlation(_ a: ArraySlice<Float>, _ b: ArraySlice<Float>) -> Double {
        let count = Double(a.count)
        let meanA = a.lazy.map { Double($0) }.reduce(0, +) / count
        let meanB = b.lazy.map { Double($0) }.reduce(0, +) / count
        var (ab, aa, bb) = (0.0, 0.0, 0.0)
        for (x, y) in zip(a, b) {
            let (p, q) = (Double(x) - meanA, Double(y) - meanB)
            ab += p * q
            aa += p * p
            bb += q * q
        }
        let scale = (aa * bb).squareRoot()
        return scale > 0 ? ab / scale : 0
    }
}
