/// How alike the frames of a clip look to a network: cosines of their embeddings.
///
/// The literature calls two different numbers "frame consistency", and they differ by points: the
/// mean over consecutive frames (Gen-1, FateZero) and over all pairs (Tune-A-Video, TGVE). A still
/// picture has 1 in both, so neither means anything without a figure for motion beside it.
package struct FrameConsistency: Hashable, Sendable {
    /// Mean cosine of frames f and f + 1.
    package let consecutive: Double
    /// Mean cosine of all pairs of different frames.
    package let allPairs: Double

    /// - Parameter embeddings: One vector a frame, of any length; at least two frames.
    package init(_ embeddings: [[Float]]) {
        precondition(embeddings.count > 1, "the consistency of \(embeddings.count) frames")
        let units = embeddings.map(Self.unit)
        var consecutive = 0.0
        var all = 0.0
        for left in units.indices {
            for right in units.indices.dropFirst(left + 1) {
                let cosine = Self.product(units[left], units[right])
                all += cosine
                if right == left + 1 { consecutive += cosine }
            }
        }
        self.consecutive = consecutive / Double(units.count - 1)
        allPairs = all / Double(units.count * (units.count - 1) / 2)
    }

    /// Mean cosine of a text's embedding with each frame's, times 100 as the literature has it.
    package static func withPrompt(_ embeddings: [[Float]], prompt: [Float]) -> Double {
        precondition(!embeddings.isEmpty, "no frames")
        let text = unit(prompt)
        let sum = embeddings.reduce(0) { $0 + product(unit($1), text) }
        return 100 * sum / Double(embeddings.count)
    }

    /// The vector at length 1; one of zeros stays.
    static func unit(_ vector: [Float]) -> [Double] {
        let length = vector.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
        return vector.map { length > 0 ? Double($0) / length : 0 }
    }

    static func product(_ a: [Double], _ b: [Double]) -> Double {
        precondition(a.count == b.count, "embeddings of \(a.count) and \(b.count) values")
        return zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    }
}

/// Consistency inside windows against across them, at the same distances in time.
///
/// A pair of frames is *inside* if some window holds both and *across* if none does. For each
/// distance that has pairs of both kinds their mean cosines are taken, and then the mean over these
/// distances. The difference tells about stitching; the level does not.
package struct WindowConsistency: Hashable, Sendable {
    package let inside: Double
    package let across: Double
    /// Distances in frames that had pairs of both kinds.
    package let distances: ClosedRange<Int>

    /// Nil if there is no distance at which both kinds of pairs exist, as with a single window.
    package init?(_ embeddings: [[Float]], _ layout: ShotLayout) {
        precondition(
            embeddings.count == layout.frameCount,
            "\(embeddings.count) embeddings for \(layout.frameCount) frames"
        )
        let units = embeddings.map(FrameConsistency.unit)
        var sums: [Int: (inside: Double, across: Double)] = [:]
        var counts: [Int: (inside: Int, across: Int)] = [:]
        for shot in layout.shots {
            for left in shot {
                for right in left + 1..<max(left + 1, shot.upperBound) {
                    let cosine = FrameConsistency.product(units[left], units[right])
                    if layout.areTogether(left, right) {
                        sums[right - left, default: (0, 0)].inside += cosine
                        counts[right - left, default: (0, 0)].inside += 1
                    } else {
                        sums[right - left, default: (0, 0)].across += cosine
                        counts[right - left, default: (0, 0)].across += 1
                    }
                }
            }
        }
        let both = counts.filter { $0.value.inside > 0 && $0.value.across > 0 }.keys.sorted()
        guard let first = both.first, let last = both.last else { return nil }
        var means = (inside: 0.0, across: 0.0)
        for distance in both {
            guard let sum = sums[distance], let count = counts[distance] else { continue }
            means.inside += sum.inside / Double(count.inside)
            means.across += sum.across / Double(count.across)
        }
        inside = means.inside / Double(both.count)
        across = means.across / Double(both.count)
        distances = first...last
    }
}
