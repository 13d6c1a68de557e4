/// Means and the like of lists that are not empty.
enum Statistics {
    static func mean(_ values: [Double]) -> Double {
        precondition(!values.isEmpty, "the mean of nothing")
        return values.reduce(0, +) / Double(values.count)
    }

    /// The middle value, or the mean of the two in the middle.
    static func median(_ values: [Double]) -> Double {
        precondition(!values.isEmpty, "the median of nothing")
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    /// The slope of the straight line nearest to values at 0, 1, 2, ...; 0 for one value.
    static func slope(_ values: [Double]) -> Double {
        let middle = Double(values.count - 1) / 2
        let centre = mean(values)
        var (product, square) = (0.0, 0.0)
        for (index, value) in values.enumerated() {
            let distance = Double(index) - middle
            product += distance * (value - centre)
            square += distance * distance
        }
        return square > 0 ? product / square : 0
    }
}
