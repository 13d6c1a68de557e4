/// A frame of a request, seen only for whether a shot starts with it.
package struct ScannedFrame: Hashable, Sendable {
    /// In seconds from the start of the request, the same as `FrameReader`'s.
    package let time: Rational
    /// How long it is shown in seconds.
    package let duration: Rational?
    /// Whether the source was cut since the frame before; true for the first.
    package let startsShot: Bool

    package init(time: Rational, duration: Rational?, startsShot: Bool) {
        self.time = time
        self.duration = duration
        self.startsShot = startsShot
    }
}

/// Finds the cuts of a source: the frames of a request, without their pixels.
///
/// Every picture of the source goes through the library's `scdet` filter at a small size, also
/// those that a lower frame rate leaves out. A cut is where the mean difference of two pictures is
/// at least `threshold` percent of the range and differs by as much from the difference before,
/// which fast movement does not. A second cut one picture after a cut is therefore not seen.
package final class ShotScanner {
    /// Of the filter's authors; hand-held footage stays well below.
    package static let thresholdDefault = 10.0
    /// Longer side of the pictures that are compared, in pixels.
    package static let sideMax = 192

    private let source: PictureSource
    private var selector: FrameSelector<Int>
    /// Cuts in the source so far, and at the last frame given out.
    private var cutCount = 0
    private var cutCountBefore: Int?

    /// Opens a file at the start of a request.
    ///
    /// - Parameters:
    ///   - path: A file of any container that the installed libavformat reads.
    ///   - request: Which frames; the size only gives the shape.
    ///   - threshold: In percent, above 0 and up to 100.
    /// - Throws: `FFmpegError` if the file is missing, without a moving picture, or undecodable.
    package init(
        _ path: String,
        _ request: FrameRequest,
        threshold: Double = ShotScanner.thresholdDefault
    ) throws(FFmpegError) {
        precondition(threshold > 0 && threshold <= 100, "a threshold of \(threshold) percent")
        let longer = max(request.width, request.height)
        let scale = min(1, Double(Self.sideMax) / Double(longer))
        source = try PictureSource(
            path,
            width: max(1, Int((Double(request.width) * scale).rounded())),
            height: max(1, Int((Double(request.height) * scale).rounded())),
            extra: ["scdet=threshold=\(threshold)"]
        )
        selector = FrameSelector(request)
        if request.start > .zero { try source.jump(to: selector.seek(to: .zero)) }
    }

    /// The stream that is scanned.
    package var video: VideoStreamInfo { source.video }

    /// What could not be decoded on the way here.
    package var damage: MediaDamage { source.damage }

    /// The next frame; nil at the end.
    ///
    /// - Throws: `FFmpegError` if the file has no picture that can be decoded.
    package func next() throws(FFmpegError) -> ScannedFrame? {
        let shown = try selector.next { () throws(FFmpegError) in try scan() }
        guard let shown else { return nil }
        defer { cutCountBefore = shown.content }
        return ScannedFrame(
            time: shown.time,
            duration: shown.duration,
            startsShot: cutCountBefore != shown.content
        )
    }

    private func scan() throws(FFmpegError) -> Timed<Int>? {
        guard let shown = try source.next() else { return nil }
        // The filter names the time only of pictures that start a scene.
        if shown.content.tag("lavfi.scd.time") != nil { cutCount += 1 }
        return Timed(time: shown.time, duration: shown.duration, content: cutCount)
    }
}
