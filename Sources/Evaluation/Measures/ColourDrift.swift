package import Pipelines

/// Whether colours wander: each channel's mean over time, in grey levels (0 to 255).
package struct ColourDrift: Hashable, Sendable {
    /// Mean red, green and blue of each frame.
    package let means: [[Double]]

    package init(_ clip: Pictures) {
        let size = clip.width * clip.height
        means = (0..<clip.count).map { frame in
            var sums = [0, 0, 0]
            for pixel in frame * size..<(frame + 1) * size {
                for colour in 0..<3 { sums[colour] += Int(clip.bytes[pixel * 3 + colour]) }
            }
            return sums.map { Double($0) / Double(size) }
        }
    }

    /// The slopes of red, green and blue over time, in levels a frame.
    package var slopes: [Double] {
        (0..<3).map { colour in Statistics.slope(means.map { $0[colour] }) }
    }

    /// The slope of the channel that wanders fastest, with its sign.
    package var steepest: Double { slopes.max { abs($0) < abs($1) } ?? 0 }

    /// How much the means change from frame to frame at borders and elsewhere: the mean over
    /// transitions of the root of the mean square over channels.
    ///
    /// Nil if one of the kinds is absent.
    package func jumps(_ layout: ShotLayout) -> (borders: Double, elsewhere: Double)? {
        precondition(layout.frameCount == means.count, "\(means.count) frames")
        let borders = layout.borders
        var (on, off): ([Double], [Double]) = ([], [])
        for transition in layout.transitions {
            let squares = zip(means[transition], means[transition + 1]).map { now, next in
                (next - now) * (next - now)
            }
            let jump = Statistics.mean(squares).squareRoot()
            if borders.contains(transition) { on.append(jump) } else { off.append(jump) }
        }
        guard !on.isEmpty, !off.isEmpty else { return nil }
        return (Statistics.mean(on), Statistics.mean(off))
    }
}
