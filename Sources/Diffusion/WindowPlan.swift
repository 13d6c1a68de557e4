/// The windows that a shot of F frames is sampled in.
///
/// Balanced layout, in integers only so that all machines agree: if F ≤ L there is one window of F
/// frames; otherwise W = 1 + ⌈(F − L) / (L − O)⌉ windows of exactly L frames start at
/// ⌊k (F − L) / (W − 1)⌋. Neighbours share at least O frames, the first window starts at frame 0,
/// the last ends at F, and starts strictly ascend.
package struct WindowPlan: Hashable, Sendable {
    /// F.
    package let frameCount: Int
    /// L asked for; windows of shorter shots are shorter.
    package let length: Int
    /// O asked for; windows may share more.
    package let overlap: Int
    package let windows: [Range<Int>]

    /// Plans the windows of a shot.
    ///
    /// - Parameters:
    ///   - frameCount: F, at least 1.
    ///   - length: L, at least 1.
    ///   - overlap: O, from 0 to L − 1.
    /// - Throws: `StitchError` if a number is out of range.
    package init(frameCount: Int, length: Int, overlap: Int) throws(StitchError) {
        guard frameCount >= 1, frameCount <= Self.sampledFramesMax else {
            throw StitchError(
                .settings,
                "frames \(frameCount): expected 1 to \(Self.sampledFramesMax)"
            )
        }
        guard length >= 1 else {
            throw StitchError(.settings, "window \(length): expected at least 1 frame")
        }
        guard overlap >= 0, overlap < length else {
            throw StitchError(
                .settings,
                "overlap \(overlap): expected 0 to \(length - 1), less than the window of \(length)"
            )
        }
        self.frameCount = frameCount
        self.length = length
        self.overlap = overlap
        if frameCount <= length {
            windows = [0..<frameCount]
        } else {
            let excess = frameCount - length
            let stride = length - overlap
            let steps = (excess + stride - 1) / stride
            guard (steps + 1) * length <= Self.sampledFramesMax else {
                throw StitchError(
                    .settings,
                    "\(steps + 1) windows of \(length) frames: expected at most "
                        + "\(Self.sampledFramesMax) frames in all windows; lower the overlap"
                )
            }
            windows = (0...steps).map { index in
                let start = index * excess / steps
                return start..<start + length
            }
        }
    }

    /// Bound of the frames in all windows together, so that no request exhausts memory: nearly two
    /// days of video at 25 frames a second.
    package static let sampledFramesMax = 1 << 22

    /// Indices of the windows that hold `frame`; never empty.
    package func windows(covering frame: Int) -> Range<Int> {
        precondition(frame >= 0 && frame < frameCount, "frame \(frame) of \(frameCount)")
        // Starts and ends ascend, so both bounds are found by bisection.
        let first = partition { windows[$0].upperBound > frame }
        let end = partition { windows[$0].lowerBound > frame }
        return first..<end
    }

    /// Indices of the windows that share a frame with `window`, itself included: what must have
    /// finished a round before `window` can start its next one.
    package func windows(touching window: Int) -> Range<Int> {
        let frames = windows[window]
        return windows(covering: frames.lowerBound)
            .lowerBound..<windows(covering: frames.upperBound - 1).upperBound
    }

    /// Indices of the other windows that share a frame with `window`, ascending.
    package func neighbours(of window: Int) -> [Int] {
        windows(touching: window).filter { $0 != window }
    }

    /// Each pair of windows that share frames, ascending.
    package var overlaps: [WindowOverlap] {
        windows.indices.flatMap { left in
            (left + 1..<windows(touching: left).upperBound).map { right in
                WindowOverlap(
                    left: left,
                    right: right,
                    frames: windows[right].lowerBound..<windows[left].upperBound
                )
            }
        }
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

/// Frames that two windows share.
package struct WindowOverlap: Hashable, Sendable {
    package let left: Int
    package let right: Int
    package let frames: Range<Int>
}
