package import Pipelines

/// How much fine detail pictures have: the mean squared Laplacian of their luma.
///
///     L(x, y) = 4 Y(x, y) − Y(x − 1, y) − Y(x + 1, y) − Y(x, y − 1) − Y(x, y + 1)
///
/// with Y = 0.299 R + 0.587 G + 0.114 B in [0, 1], over all pixels but those at the edges.
/// Averaging windows that disagree takes this first, blur lowers it, noise raises it.
package struct DetailEnergy: Hashable, Sendable {
    /// Of each frame.
    package let values: [Double]

    package init(_ clip: Pictures) {
        values = (0..<clip.count).map { Self.energy(GreyPlane(clip, frame: $0)) }
    }

    /// Over all frames.
    package var mean: Double { Statistics.mean(values) }

    private static func energy(_ plane: GreyPlane) -> Double {
        let (width, height) = (plane.width, plane.height)
        guard width > 2, height > 2 else { return 0 }
        var sum = 0.0
        for y in 1..<height - 1 {
            for place in y * width + 1..<(y + 1) * width - 1 {
                let around =
                    plane.values[place - 1] + plane.values[place + 1]
                    + plane.values[place - width] + plane.values[place + width]
                let laplacian = Double(4 * plane.values[place] - around)
                sum += laplacian * laplacian
            }
        }
        return sum / Double((width - 2) * (height - 2))
    }
}
