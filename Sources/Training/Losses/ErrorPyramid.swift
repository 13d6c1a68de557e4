/// Extents of images `[images, height, width, channels]` as losses walk over them.
package struct ImageExtent: Hashable, Sendable {
    package var images: Int
    package var height: Int
    package var width: Int
    package var channels: Int

    package init(images: Int, height: Int, width: Int, channels: Int) {
        self.images = images
        self.height = height
        self.width = width
        self.channels = channels
    }

    package var count: Int { images * height * width * channels }

    /// After 2:1 averaging, which leaves out the last pixel of an odd edge.
    var halved: ImageExtent {
        ImageExtent(images: images, height: height / 2, width: width / 2, channels: channels)
    }
}

/// How much an error image differs between neighbouring pixels, at several resolutions: a loss
/// that sees edges, and needs nobody's weights.
///
///     L = Σ_k mean |∂x e_k| + mean |∂y e_k|,   e_0 = e,   e_{k+1} = e_k averaged over 2 × 2
///
/// Ranftl et al. 2020 (arXiv 1907.01341), equation 11, with averaging in place of sampling every
/// second pixel, so that all pixels count at all scales. Because differences and averages are
/// linear, the pyramid of the error is the error of the pyramids: blur costs at the fine scales,
/// displaced or missing shapes at the coarse ones.
package struct ErrorPyramid: Hashable, Sendable {
    /// Resolutions, the full one included.
    package let scales: Int

    package init(scales: Int) {
        precondition(scales >= 1, "\(scales) scales")
        self.scales = scales
    }

    /// The loss of an error image and its derivative; scales of a single pixel are left out.
    ///
    package func callAsFunction(_ error: [Double], _ extent: ImageExtent) -> Slope {
        precondition(error.count == extent.count, "\(error.count) values for \(extent)")
        return slope(error, extent, remaining: scales)
    }

    private func slope(_ error: [Double], _ extent: ImageExtent, remaining: Int) -> Slope {
        var result = Self.differences(error, extent)
        let coarse = extent.halved
        guard remaining > 1, coarse.height > 1 || coarse.width > 1, coarse.count > 0 else {
            return result
        }
        let inner = slope(Self.averaged(error, extent), coarse, remaining: remaining - 1)
        result.value += inner.value
        Self.spread(inner.gradient, extent, into: &result.gradient)
        return result
    }

    private static func differences(_ error: [Double], _ extent: ImageExtent) -> Slope {
        var result = Slope.zero(count: error.count)
        let (row, channels) = (extent.width * extent.channels, extent.channels)
        let across = extent.images * extent.height * (extent.width - 1) * channels
        let down = extent.images * (extent.height - 1) * row
        let acrossShare = across > 0 ? 1 / Double(across) : 0
        let downShare = down > 0 ? 1 / Double(down) : 0
        func add(_ index: Int, _ neighbour: Int, _ share: Double) {
            let difference = error[neighbour] - error[index]
            result.value += share * abs(difference)
            let slope = difference > 0 ? share : difference < 0 ? -share : 0
            result.gradient[neighbour] += slope
            result.gradient[index] -= slope
        }
        for image in 0..<extent.images {
            for y in 0..<extent.height {
                let start = (image * extent.height + y) * row
                for index in start..<start + row - channels {
                    add(index, index + channels, acrossShare)
                }
                guard y + 1 < extent.height else { continue }
                for index in start..<start + row { add(index, index + row, downShare) }
            }
        }
        return result
    }

    static func averaged(_ error: [Double], _ extent: ImageExtent) -> [Double] {
        var result: [Double] = []
        result.reserveCapacity(extent.halved.count)
        visit(extent) { a, b, c, d in
            result.append((error[a] + error[b] + error[c] + error[d]) / 4)
        }
        return result
    }

    /// The transpose of `averaged`, added.
    static func spread(
        _ gradient: [Double],
        _ extent: ImageExtent,
        into fine: inout [Double]
    ) {
        var index = 0
        visit(extent) { a, b, c, d in
            let share = gradient[index] / 4
            fine[a] += share
            fine[b] += share
            fine[c] += share
            fine[d] += share
            index += 1
        }
    }

    /// The four elements of each that averaging makes, in its order.
    private static func visit(_ extent: ImageExtent, _ body: (Int, Int, Int, Int) -> Void) {
        let (row, channels) = (extent.width * extent.channels, extent.channels)
        for image in 0..<extent.images {
            for y in 0..<extent.height / 2 {
                for x in 0..<extent.width / 2 {
                    let start = (image * extent.height + 2 * y) * row + 2 * x * channels
                    for index in start..<start + channels {
                        body(index, index + channels, index + row, index + row + channels)
                    }
                }
            }
        }
    }
}
