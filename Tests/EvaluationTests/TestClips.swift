import Pipelines
import TestSupport

/// Clips of which everything is known.
enum TestClips {
    /// Smooth noise: values between `least` and `largest` on a lattice, interpolated by cosines.
    static func texture(width: Int, height: Int, cell: Int, seed: UInt64) -> [Float] {
        var generator = SeededGenerator(seed: seed)
        let (columns, rows) = (width / cell + 2, height / cell + 2)
        let lattice = (0..<columns * rows).map { _ in Float.random(in: 30...220, using: &generator)
        }
        func smooth(_ t: Float) -> Float { t * t * (3 - 2 * t) }
        return (0..<width * height).map { place in
            let (x, y) = (Float(place % width) / Float(cell), Float(place / width) / Float(cell))
            let (left, top) = (Int(x), Int(y))
            let (shareX, shareY) = (smooth(x - Float(left)), smooth(y - Float(top)))
            let upper =
                lattice[top * columns + left] * (1 - shareX)
                + lattice[top * columns + left + 1] * shareX
            let lower =
                lattice[(top + 1) * columns + left] * (1 - shareX)
                + lattice[(top + 1) * columns + left + 1] * shareX
            return upper * (1 - shareY) + lower * shareY
        }
    }

    /// Frames that `value(frame, x, y)` gives for all three colours.
    static func clip(
        _ count: Int,
        width: Int = 48,
        height: Int = 32,
        _ value: (_ frame: Int, _ x: Int, _ y: Int) -> Float
    ) -> Pictures {
        var bytes: [UInt8] = []
        for frame in 0..<count {
            for y in 0..<height {
                for x in 0..<width {
                    let level = UInt8(min(max(value(frame, x, y), 0), 255).rounded())
                    bytes += [level, level, level]
                }
            }
        }
        return Pictures(count: count, height: height, width: width, bytes: bytes)
    }

    /// A picture that moves by whole pixels a frame: what is at x is at x + `x` in the next.
    static func pan(_ count: Int, width: Int = 64, height: Int = 48, x: Int, y: Int) -> Pictures {
        let margin = (count * abs(x), count * abs(y))
        let (fullWidth, fullHeight) = (width + 2 * margin.0, height + 2 * margin.1)
        // Detail at all scales, as photographs have it.
        var picture = [Float](repeating: 0, count: fullWidth * fullHeight)
        for (cell, share) in [(5, 0.15), (11, 0.2), (23, 0.3), (47, 0.35)] as [(Int, Float)] {
            let layer = texture(width: fullWidth, height: fullHeight, cell: cell, seed: 5)
            for place in picture.indices { picture[place] += share * layer[place] }
        }
        return clip(count, width: width, height: height) { frame, column, row in
            let fromX = column + margin.0 - frame * x
            let fromY = row + margin.1 - frame * y
            return picture[fromY * fullWidth + fromX]
        }
    }

    /// Grey noise of its own in every frame.
    static func noise(_ count: Int, width: Int = 24, height: Int = 16, seed: UInt64) -> Pictures {
        var generator = SeededGenerator(seed: seed)
        return clip(count, width: width, height: height) { _, _, _ in
            Float.random(in: 0...255, using: &generator)
        }
    }
}
