/// Textures of known kinds, several grains of each, to tell which kind another texture is of.
///
/// Each feature counts in how far grains of one kind differ in it: what a scene's own light and
/// shape make unsteady says little there.
package struct TextureReferences: Sendable {
    private let means: [SurfaceTexture]
    /// Of each feature, within a kind.
    private let variances: [Double]

    /// - Parameter kinds: Grains of each, at least two.
    package init(_ kinds: [[SurfaceTexture]]) {
        precondition(kinds.allSatisfy { $0.count > 1 }, "kinds of one grain do not vary")
        let means = kinds.map { SurfaceTexture(meanOf: $0) }
        let freedom = kinds.reduce(0) { $0 + $1.count - 1 }
        variances = means[0].features.indices.map { index in
            let squares = zip(kinds, means).map { grains, mean in
                grains.reduce(0.0) { sum, grain in
                    let difference = grain.features[index] - mean.features[index]
                    return sum + difference * difference
                }
            }
            // A feature that happens not to vary must not decide alone.
            return max(squares.reduce(0, +) / Double(freedom), 1e-4)
        }
        self.means = means
    }

    /// The kind whose mean is nearest.
    package func nearest(to texture: SurfaceTexture) -> Int {
        let distances = means.map { mean in
            variances.indices.reduce(0.0) { sum, index in
                let difference = texture.features[index] - mean.features[index]
                return sum + difference * difference / variances[index]
            }
        }
        return distances.indices.min { distances[$0] < distances[$1] } ?? 0
    }
}
