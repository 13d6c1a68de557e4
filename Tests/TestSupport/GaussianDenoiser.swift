package import Tensors

/// The exact denoiser of a Gaussian video of one scalar a frame, for tests of stitching.
///
/// Frames i and j have covariance 0.5 + 0.5 · 0.9^|i − j|. For a window with covariance Σ at signal
/// share ᾱ the posterior mean of the noise is √(1 − ᾱ) (ᾱ Σ + (1 − ᾱ) I)⁻¹ x: linear in x, so that
/// propagating the unit vectors of the noise gives the output's covariance without sampling.
package struct GaussianDenoiser {
    private var inverses: [Key: [Double]] = [:]

    private struct Key: Hashable {
        let frames: Int
        let alphaBar: Double
    }

    package init() {}

    /// ε for latents `[F, M]`: M propagated vectors, one value a frame each.
    package mutating func noise(_ latents: HostTensor, alphaBar: Double) -> HostTensor {
        let (frames, columns) = (latents.shape[0], latents.shape[1])
        let key = Key(frames: frames, alphaBar: alphaBar)
        let inverse = inverses[key] ?? Self.inverse(frames: frames, alphaBar: alphaBar)
        inverses[key] = inverse
        let scale = (1 - alphaBar).squareRoot()
        var result = [Double](repeating: 0, count: frames * columns)
        for row in 0..<frames {
            for inner in 0..<frames {
                let factor = scale * inverse[row * frames + inner]
                for column in 0..<columns {
                    result[row * columns + column] +=
                        factor * Double(latents.values[inner * columns + column])
                }
            }
        }
        return HostTensor(result.map { Float($0) }, latents.shape)
    }

    /// (ᾱ Σ + (1 − ᾱ) I)⁻¹ by Gauss–Jordan elimination; the matrix is positive definite.
    private static func inverse(frames: Int, alphaBar: Double) -> [Double] {
        var decays = [1.0]
        for _ in 1..<max(frames, 2) { decays.append(decays[decays.count - 1] * 0.9) }
        let width = 2 * frames
        var rows = (0..<frames).map { row in
            (0..<width).map { column -> Double in
                guard column < frames else { return column - frames == row ? 1 : 0 }
                let covariance = 0.5 + 0.5 * decays[abs(row - column)]
                return alphaBar * covariance + (row == column ? 1 - alphaBar : 0)
            }
        }
        for pivot in 0..<frames {
            let scale = 1 / rows[pivot][pivot]
            for column in 0..<width { rows[pivot][column] *= scale }
            let pivotRow = rows[pivot]
            for row in 0..<frames where row != pivot {
                let factor = rows[row][pivot]
                guard factor != 0 else { continue }
                for column in 0..<width { rows[row][column] -= factor * pivotRow[column] }
            }
        }
        return rows.flatMap { $0[frames...] }
    }
}
