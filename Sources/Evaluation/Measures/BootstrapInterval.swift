import Tensors

/// A mean and the interval that holds it with 95 %, by resampling.
///
/// Efron's percentile bootstrap: the values are drawn anew, as many as there are and with putting
/// back, 2000 times; the interval is from the 2.5th to the 97.5th percentile of the means. Draws
/// come from a seed, so the same values have the same interval.
package struct BootstrapInterval: Hashable, Sendable {
    package let mean: Double
    package let low: Double
    package let high: Double
    package let count: Int

    package static let draws = 2000

    /// - Parameters:
    ///   - values: At least one; a single one has an interval of no width.
    ///   - seed: Of the draws.
    package init(_ values: [Double], seed: UInt64) {
        precondition(!values.isEmpty, "an interval of nothing")
        mean = Statistics.mean(values)
        count = values.count
        let philox = Philox4x32(
            key0: UInt32(truncatingIfNeeded: seed),
            key1: UInt32(truncatingIfNeeded: seed >> 32)
        )
        var means: [Double] = []
        for draw in 0..<Self.draws {
            var sum = 0.0
            for index in values.indices {
                let block = philox(Philox4x32.Block(UInt32(index), UInt32(draw), 0, 0))
                // The high half of the product: an index without a division.
                let place = Int((UInt64(block.word0) &* UInt64(values.count)) >> 32)
                sum += values[place]
            }
            means.append(sum / Double(values.count))
        }
        means.sort()
        low = Self.percentile(means, 0.025)
        high = Self.percentile(means, 0.975)
    }

    /// Between the two nearest of sorted values, linearly.
    private static func percentile(_ sorted: [Double], _ share: Double) -> Double {
        let place = share * Double(sorted.count - 1)
        let below = Int(place)
        let above = min(below + 1, sorted.count - 1)
        return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
    }
}
