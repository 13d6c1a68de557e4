package import Tensors

/// How well the depth of an output keeps that of its input.
///
/// Depth estimators tell inverse depth up to scale and shift, which change from frame to frame, so
/// each frame's map is fitted to the reference by least squares first. A negative scale is not
/// taken: near and far exchanged is wrong, not another unit.
package struct StructureError: Hashable, Sendable {
    /// Mean over frames of Pearson's correlation of the two maps, -1 to 1; a flat map has 0.
    package let correlation: Double
    /// Mean over frames of the root of the mean squared difference after the fit, as a share of
    /// the reference's range over all frames.
    package let error: Double

    /// - Parameters:
    ///   - found: Inverse depth `[F, H, W]` of the output.
    ///   - reference: Of the input, or the truth.
    package init(found: HostTensor, reference: HostTensor) {
        precondition(
            found.shape == reference.shape && found.shape.rank == 3 && found.shape.count > 0,
            "depth \(found.shape) beside \(reference.shape)"
        )
        let (frames, size) = (found.shape[0], found.shape[1] * found.shape[2])
        let range = (reference.values.max() ?? 0) - (reference.values.min() ?? 0)
        var correlations: [Double] = []
        var errors: [Double] = []
        for frame in 0..<frames {
            let part = frame * size..<(frame + 1) * size
            let (r, residual) = Self.fit(found.values[part], reference.values[part])
            correlations.append(r)
            errors.append(range > 0 ? residual / Double(range) : 0)
        }
        correlation = Statistics.mean(correlations)
        error = Statistics.mean(errors)
    }

    /// Pearson's correlation, and the root of the mean squared difference after the best scale of
    /// at least 0 and the best shift.
    static func fit(
        _ found: ArraySlice<Float>,
        _ reference: ArraySlice<Float>
    ) -> (correlation: Double, residual: Double) {
        let count = Double(found.count)
        let meanFound = found.reduce(0) { $0 + Double($1) } / count
        let meanReference = reference.reduce(0) { $0 + Double($1) } / count
        var (xx, yy, xy) = (0.0, 0.0, 0.0)
        for (a, b) in zip(found, reference) {
            let (x, y) = (Double(a) - meanFound, Double(b) - meanReference)
            xx += x * x
            yy += y * y
            xy += x * y
        }
        let correlation = xx > 0 && yy > 0 ? xy / (xx * yy).squareRoot() : 0
        let explained = max(0, correlation)
        let residual = (yy / count * max(0, 1 - explained * explained)).squareRoot()
        return (correlation, residual)
    }
}
