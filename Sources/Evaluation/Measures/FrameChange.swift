package import Pipelines

/// How much each frame differs from the one before, in grey levels (0 to 255).
package struct FrameChange: Hashable, Sendable {
    /// Root of the mean squared difference of frames t and t + 1, over pixels and colours.
    package let rms: [Double]
    /// Mean of the absolute difference.
    package let absolute: [Double]

    /// Added to both sides of a ratio of changes, in grey levels, so that a source that stands
    /// still divides nothing by zero.
    package static let floor = 0.1

    package init(_ clip: Pictures) {
        let size = clip.height * clip.width * 3
        var rms: [Double] = []
        var absolute: [Double] = []
        for frame in 0..<max(0, clip.count - 1) {
            var squares = 0
            var sum = 0
            for index in frame * size..<(frame + 1) * size {
                let difference = Int(clip.bytes[index + size]) - Int(clip.bytes[index])
                squares += difference * difference
                sum += abs(difference)
            }
            rms.append((Double(squares) / Double(size)).squareRoot())
            absolute.append(Double(sum) / Double(size))
        }
        self.rms = rms
        self.absolute = absolute
    }

    /// r(t): the change of each transition relative to the source's at the same place.
    ///
    ///     r(t) = (rms(t) + 0.1) / (rms of the source (t) + 0.1)
    ///
    /// - Parameter source: The source's; without it r(t) = rms(t) + 0.1, and what moves in the
    ///   picture counts as well.
    /// - Returns: One value a transition, above 0.
    package func relative(to source: FrameChange?) -> [Double] {
        guard let source else { return rms.map { $0 + Self.floor } }
        precondition(
            source.rms.count == rms.count,
            "\(rms.count) transitions beside \(source.rms.count) of the source"
        )
        return zip(rms, source.rms).map { ($0 + Self.floor) / ($1 + Self.floor) }
    }

    /// The mean absolute difference of consecutive frames, in grey levels; nil for one frame.
    package var mean: Double? { absolute.isEmpty ? nil : Statistics.mean(absolute) }

    /// VBench's temporal flickering, (255 − mean) / 255: 1 for a still picture.
    ///
    /// Only scenes that ought to stand still can be compared by it.
    package var flickering: Double? { mean.map { (255 - $0) / 255 } }
}
