package import Models
package import Pipelines

/// One row of a clip's pixels over time, time running down: seams are horizontal lines.
package enum TimeSlice {
    /// The row in the middle of each clip, side by side.
    ///
    /// - Parameters:
    ///   - clips: One or more, of as many frames.
    ///   - borders: Transitions that get a red mark at the left edge, between the two frames.
    ///   - heightMin: Each frame gets as many lines as it takes to be so high; at least one.
    /// - Returns: The picture; of a clip's width each, with a mark of six pixels before and a dark
    ///   line of two between.
    package static func image(
        _ clips: [Pictures],
        borders: Set<Int>,
        heightMin: Int = 256
    ) -> RGBImage {
        let frames = clips.first?.count ?? 0
        precondition(
            frames > 0 && clips.allSatisfy { $0.count == frames },
            "slices of clips of \(clips.map(\.count)) frames"
        )
        let lines = max(3, (heightMin + frames - 1) / frames)
        let width = 6 + clips.reduce(0) { $0 + $1.width } + 2 * (clips.count - 1)
        var pixels: [UInt8] = []
        pixels.reserveCapacity(width * frames * lines * 3)
        for frame in 0..<frames {
            var row: [UInt8] = []
            for (index, clip) in clips.enumerated() {
                if index > 0 { row += [24, 24, 24, 24, 24, 24] }
                let start = (frame * clip.height + clip.height / 2) * clip.width * 3
                row += clip.bytes[start..<start + clip.width * 3]
            }
            for line in 0..<lines {
                let isMarked =
                    line == lines - 1 && borders.contains(frame)
                    || line == 0 && borders.contains(frame - 1)
                for _ in 0..<6 { pixels += isMarked ? [220, 30, 30] : [24, 24, 24] }
                pixels += row
            }
        }
        return RGBImage(width: width, height: frames * lines, pixels: pixels)
    }
}
