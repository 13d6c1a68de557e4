/// The shape of one shot's job: all that decides which units there are.
package struct WorkOutline: Hashable, Sendable {
    /// Frames of the shot, at least 1.
    package let frameCount: Int
    /// Frames of each window, in order of their starts; together they cover the shot.
    package let windows: [Range<Int>]
    /// Sampler steps between two fusions, in order and without gaps; a run from a noised source
    /// starts after step 0.
    package let rounds: [Range<Int>]
    /// Frames of one depth or decode unit.
    package let chunkFrames: Int

    /// Checks and keeps the shape, which comes from a validated plan.
    package init(
        frameCount: Int,
        windows: [Range<Int>],
        rounds: [Range<Int>],
        chunkFrames: Int
    ) {
        precondition(frameCount > 0 && chunkFrames > 0, "\(frameCount) frames by \(chunkFrames)")
        precondition(!rounds.isEmpty && rounds[0].lowerBound >= 0, "no rounds, or before step 0")
        for (index, round) in rounds.enumerated() {
            precondition(!round.isEmpty, "round \(index) has no step")
            precondition(
                index == 0 || rounds[index - 1].upperBound == round.lowerBound,
                "round \(index) does not start where the one before ends"
            )
        }
        var covered = 0
        for (index, window) in windows.enumerated() {
            precondition(!window.isEmpty, "window \(index) has no frame")
            precondition(
                index == 0 || windows[index - 1].lowerBound < window.lowerBound,
                "window \(index) does not start after the one before"
            )
            precondition(
                index == 0 || windows[index - 1].upperBound < window.upperBound,
                "window \(index) does not end after the one before"
            )
            precondition(
                window.lowerBound <= covered,
                "frames before window \(index) are uncovered"
            )
            covered = max(covered, window.upperBound)
        }
        precondition(covered == frameCount, "windows cover \(covered) of \(frameCount) frames")
        self.frameCount = frameCount
        self.windows = windows
        self.rounds = rounds
        self.chunkFrames = chunkFrames
    }

    /// Windows that share a frame with `window`, itself included.
    package func neighbours(of window: Int) -> Range<Int> {
        windows(sharing: windows[window])
    }

    /// Windows that hold any of `frames`, which are not empty; starts and ends of windows ascend.
    package func windows(sharing frames: Range<Int>) -> Range<Int> {
        let first = partition { windows[$0].upperBound > frames.lowerBound }
        return first..<partition { windows[$0].lowerBound >= frames.upperBound }
    }

    /// How many depth units there are, and decode units.
    package var chunkCount: Int { (frameCount + chunkFrames - 1) / chunkFrames }

    /// The frames of a depth or decode unit; chunks tile the shot.
    package func chunk(_ index: Int) -> Range<Int> {
        index * chunkFrames..<min((index + 1) * chunkFrames, frameCount)
    }

    /// The frames of each depth and decode unit, in order.
    package var chunks: [Range<Int>] { (0..<chunkCount).map(chunk) }

    /// Chunks that hold any of `frames`, which are not empty.
    package func chunks(sharing frames: Range<Int>) -> Range<Int> {
        frames.lowerBound / chunkFrames..<(frames.upperBound - 1) / chunkFrames + 1
    }

    /// The first window index for which `condition`, false and then true over the indices, holds.
    private func partition(_ condition: (Int) -> Bool) -> Int {
        var low = 0
        var high = windows.count
        while low < high {
            let middle = (low + high) / 2
            if condition(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
