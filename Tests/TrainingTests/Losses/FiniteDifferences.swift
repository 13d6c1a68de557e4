import Testing

/// Compares a gradient with central differences of the loss in double precision.
///
/// - Parameters:
///   - point: Where.
///   - gradient: What the loss says its slope is there.
///   - step: Half the distance of the two points of a difference.
///   - loss: The loss.
/// - Returns: The largest relative error of an element, against the largest slope.
func slopeError(
    at point: [Double],
    _ gradient: [Double],
    step: Double = 1e-6,
    _ loss: ([Double]) -> Double
) -> Double {
    let scale = max(gradient.map(abs).max() ?? 0, 1e-12)
    var worst = 0.0
    for index in point.indices {
        var above = point
        var below = point
        above[index] += step
        below[index] -= step
        let slope = (loss(above) - loss(below)) / (2 * step)
        worst = max(worst, abs(slope - gradient[index]) / scale)
    }
    return worst
}
