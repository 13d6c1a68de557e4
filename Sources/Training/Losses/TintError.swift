/// How much an error image is coloured, at low resolution: whether a reconstruction has the
/// original's colours, its detail apart.
///
///     T(e) = mean |ē_r − ē_g| + mean |ē_g − ē_b| + mean |ē_b − ē_r|
///
/// with ē the error averaged over squares of 2^halvings pixels. Colour is little of a picture's
/// error and detail is much, so an autoencoder of few channels that is judged by pixels alone first
/// fills them with detail, and stays there: after 1,500 steps the small one gave grey pictures.
package struct TintError: Hashable, Sendable {
    /// How often 2 × 2 pixels are averaged; fewer where the image ends before.
    package let halvings: Int

    package init(halvings: Int) {
        precondition(halvings >= 0, "\(halvings) halvings")
        self.halvings = halvings
    }

    /// The loss of an error image of three channels and its derivative.
    package func callAsFunction(_ error: [Double], _ extent: ImageExtent) -> Slope {
        precondition(error.count == extent.count, "\(error.count) values for \(extent)")
        precondition(extent.channels == 3, "the tint of \(extent.channels) channels")
        return slope(error, extent, remaining: halvings)
    }

    private func slope(_ error: [Double], _ extent: ImageExtent, remaining: Int) -> Slope {
        let coarse = extent.halved
        guard remaining > 0, coarse.count > 0 else { return Self.tint(error) }
        let inner = slope(ErrorPyramid.averaged(error, extent), coarse, remaining: remaining - 1)
        var result = Slope.zero(count: error.count)
        result.value = inner.value
        ErrorPyramid.spread(inner.gradient, extent, into: &result.gradient)
        return result
    }

    private static func tint(_ error: [Double]) -> Slope {
        var result = Slope.zero(count: error.count)
        let share = 3 / Double(error.count)
        for pixel in stride(from: 0, to: error.count, by: 3) {
            for (one, other) in [(0, 1), (1, 2), (2, 0)] {
                let difference = error[pixel + one] - error[pixel + other]
                result.value += share * abs(difference)
                let slope = difference > 0 ? share : difference < 0 ? -share : 0
                result.gradient[pixel + one] += slope
                result.gradient[pixel + other] -= slope
            }
        }
        return result
    }
}
