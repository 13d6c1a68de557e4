package import Tensors

/// How far a reconstructed image is from its original.
///
///     L = absolute · mean |e| + squared · mean e² + edges · E(e) + tint · T(e),   e = x̂ − x
///
/// Absolute errors keep edges sharper than squared ones; the squared part is there for the
/// signal-to-noise ratio. E, `ErrorPyramid`, stands where other autoencoders have a loss on a
/// pretrained network's features. T, `TintError`, sees to colours.
package struct ReconstructionLoss: Hashable, Sendable {
    package var absolute: Double
    package var squared: Double
    package var edges: Double
    package var tint: Double
    /// Resolutions of the edge term.
    package var scales: Int

    package init(
        absolute: Double = 1,
        squared: Double = 1,
        edges: Double = 0.5,
        tint: Double = 0.5,
        scales: Int = 3
    ) {
        self.absolute = absolute
        self.squared = squared
        self.edges = edges
        self.tint = tint
        self.scales = scales
    }

    /// Judges a reconstruction.
    ///
    /// - Parameters:
    ///   - found: `[N, H, W, C]`; three channels unless the tint counts nothing.
    ///   - original: Of the same shape.
    /// - Returns: The loss and its derivative by `found`.
    package func callAsFunction(_ found: HostTensor, _ original: HostTensor) -> Loss {
        precondition(
            found.shape == original.shape && found.shape.rank == 4,
            "a reconstruction of \(found.shape) for \(original.shape)"
        )
        let extent = ImageExtent(
            images: found.shape[0],
            height: found.shape[1],
            width: found.shape[2],
            channels: found.shape[3]
        )
        let error = zip(found.values, original.values).map { Double($0) - Double($1) }
        return slope(error, extent).loss(found.shape)
    }

    /// The loss of an error image `x̂ − x` and its derivative.
    package func slope(_ error: [Double], _ extent: ImageExtent) -> Slope {
        var result = Slope.zero(count: error.count)
        let share = 1 / Double(error.count)
        for (index, e) in error.enumerated() {
            result.value += share * (absolute * abs(e) + squared * e * e)
            let sign: Double = e > 0 ? 1 : e < 0 ? -1 : 0
            result.gradient[index] = share * (absolute * sign + 2 * squared * e)
        }
        if edges != 0 { result.add(ErrorPyramid(scales: scales)(error, extent), times: edges) }
        if tint != 0 { result.add(TintError(halvings: 3)(error, extent), times: tint) }
        return result
    }
}
