/// The frames that a request asks for, decoded one after the other; one thread at a time.
///
/// Pictures come out upright by the container's display matrix, deinterlaced where they are flagged
/// as interlaced (the others are untouched), scaled to fill the size that was asked for, and
/// converted by the matrix and range that the stream says, or that players assume. Alpha is
/// ignored. Pictures of high dynamic range become ordinary ones, by `ToneMap`.
package final class FrameReader {
    package let request: FrameRequest
    private let source: PictureSource
    private var selector: FrameSelector<Picture>

    /// Opens a file at the start of a request.
    ///
    /// - Parameters:
    ///   - path: A file of any container that the installed libavformat reads.
    ///   - request: Which frames.
    /// - Throws: `FFmpegError` if the file is missing, without a moving picture, or undecodable.
    package init(_ path: String, _ request: FrameRequest) throws(FFmpegError) {
        self.request = request
        source = try PictureSource(path, width: request.width, height: request.height)
        selector = FrameSelector(request)
        if request.start > .zero { try source.jump(to: selector.seek(to: .zero)) }
    }

    /// The stream that is read.
    package var video: VideoStreamInfo { source.video }

    /// What could not be decoded on the way here.
    package var damage: MediaDamage { source.damage }

    /// The next frame, its time from the start of the request, exact; nil at the end.
    ///
    /// - Throws: `FFmpegError` if the file has no picture that can be decoded.
    package func next() throws(FFmpegError) -> VideoFrame? {
        let source = source
        let shown = try selector.next { () throws(FFmpegError) in try source.next() }
        guard let shown else { return nil }
        return VideoFrame(
            time: shown.time,
            duration: shown.duration,
            width: request.width,
            height: request.height,
            pixels: shown.content.rgb()
        )
    }

    /// Continues with the first frame at or after `time`: the same pictures as without the jump.
    ///
    /// - Parameter time: In seconds from the start of the request.
    /// - Throws: `FFmpegError` if the file cannot be read again.
    package func seek(to time: Rational) throws(FFmpegError) {
        try source.jump(to: selector.seek(to: time))
    }

    /// Continues with the frame that is shown at `time`: the last that is not after it, or the
    /// first.
    ///
    /// - Parameter time: In seconds from the start of a request without a rate.
    /// - Throws: `FFmpegError` if the file cannot be read again.
    package func seek(toShownAt time: Rational) throws(FFmpegError) {
        precondition(request.frameRate == nil, "frames of a rate are shown for their time alone")
        try source.jump(to: selector.seek(toShownAt: time))
    }
}
