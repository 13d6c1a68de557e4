package import Tensors

/// How far the last three channels of an autoencoder's latents are from the picture itself, each
/// latent's square of pixels averaged.
///
///     T = mean over positions and the three channels of (μ_c − s_c · y_c)²
///
/// with y the square's mean colour as luma and two differences (YCoCg: Y = ¼ R + ½ G + ¼ B,
/// Co = ½ R − ½ B, Cg = −¼ R + ½ G − ¼ B), which hardly correlate, and s what gives each about the
/// deviation that latents have. Three numbers a square are enough for all of a picture's colour,
/// but an autoencoder that is left to itself gives its channels to luminance first. Latents of
/// which three channels are a picture are also easier to denoise: content and depth act on them
/// directly.
package struct ThumbnailError: Hashable, Sendable {
    /// Channels that are the picture.
    package static let channels = 3
    /// Y, Co, Cg, of pixels in [-1, 1]; their deviations in scenes are 0.35, 0.15 and 0.06.
    package static let scales = (luma: 7.5, orange: 15.0, green: 30.0)

    package let weight: Double

    package init(weight: Double) {
        precondition(weight >= 0, "a weight of \(weight)")
        self.weight = weight
    }

    /// What the three channels should be.
    ///
    /// - Parameters:
    ///   - pictures: `[N, H, W, 3]` in [-1, 1].
    ///   - patch: Pixels of a latent's edge; H and W are multiples.
    /// - Returns: `[N, H / patch, W / patch, 3]`.
    package static func thumbnails(of pictures: HostTensor, patch: Int) -> HostTensor {
        precondition(
            pictures.shape.rank == 4 && pictures.shape[3] == 3
                && pictures.shape[1] % patch == 0 && pictures.shape[2] % patch == 0,
            "thumbnails of \(pictures.shape)"
        )
        let (height, width) = (pictures.shape[1], pictures.shape[2])
        let shape = Shape([pictures.shape[0], height / patch, width / patch, 3])
        var sums = [Double](repeating: 0, count: shape.count)
        for row in 0..<pictures.shape[0] * height {
            let start = row / height * (height / patch) + row % height / patch
            for column in 0..<width {
                let (to, from) = (
                    3 * (start * (width / patch) + column / patch), 3 * (row * width + column)
                )
                for colour in 0..<3 { sums[to + colour] += Double(pictures.values[from + colour]) }
            }
        }
        let share = 1 / Double(patch * patch)
        var values: [Float] = []
        values.reserveCapacity(shape.count)
        for index in stride(from: 0, to: sums.count, by: 3) {
            let (red, green, blue) = (sums[index], sums[index + 1], sums[index + 2])
            values.append(Float(scales.luma * share * (red + 2 * green + blue) / 4))
            values.append(Float(scales.orange * share * (red - blue) / 2))
            values.append(Float(scales.green * share * (2 * green - red - blue) / 4))
        }
        return HostTensor(values, shape)
    }

    /// The weighted error and its derivative.
    ///
    /// - Parameters:
    ///   - mean: The posterior's mean, `[N, h, w, C]` with at least three channels.
    ///   - pictures: What was encoded, `[N, H, W, 3]`.
    /// - Returns: The loss; its gradient is by `mean`, and zero but for the last three channels.
    package func callAsFunction(_ mean: HostTensor, _ pictures: HostTensor) -> Loss {
        precondition(
            mean.shape.rank == 4 && mean.shape[3] >= Self.channels
                && pictures.shape[1] % mean.shape[1] == 0,
            "latents of \(mean.shape) for \(pictures.shape)"
        )
        let patch = pictures.shape[1] / mean.shape[1]
        let wanted = Self.thumbnails(of: pictures, patch: patch)
        let (channels, first) = (mean.shape[3], mean.shape[3] - Self.channels)
        let share = weight / Double(wanted.shape.count)
        var gradient = [Float](repeating: 0, count: mean.shape.count)
        var value = 0.0
        for index in wanted.values.indices {
            let place = index / Self.channels * channels + first + index % Self.channels
            let error = Double(mean.values[place]) - Double(wanted.values[index])
            value += share * error * error
            gradient[place] = Float(2 * share * error)
        }
        return Loss(value: value, gradient: HostTensor(gradient, mean.shape))
    }
}
