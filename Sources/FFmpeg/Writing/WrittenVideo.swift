import CFFmpeg

/// What is in a finished video, counted in the file itself.
package struct WrittenVideo: Hashable, Sendable {
    /// Pictures.
    package let frameCount: Int
    /// When the first and the last picture are shown, in seconds.
    package let firstTime: Rational
    package let lastTime: Rational
    /// Packets of sound.
    package let soundPacketCount: Int
    /// Whether reading stopped before the end.
    package let isBroken: Bool

    /// Pictures of which nobody wrote down more than their number.
    init(frameCount: Int, firstTime: Rational, lastTime: Rational) {
        self.frameCount = frameCount
        self.firstTime = firstTime
        self.lastTime = lastTime
        soundPacketCount = 0
        isBroken = false
    }

    /// Reads all packets of a file.
    ///
    /// - Throws: `FFmpegError` if it is no video.
    package init(reading path: String) throws(FFmpegError) {
        let input = try InputFile(path)
        let video = try input.info().video
        guard let packet = unsafe av_packet_alloc() else { fatalError("out of memory") }
        defer {
            var packet: UnsafeMutablePointer<AVPacket>? = unsafe packet
            unsafe av_packet_free(&packet)
        }
        var (frames, sounds) = (0, 0)
        var times: (first: Int64, last: Int64)?
        var status: Int32 = 0
        while true {
            status = unsafe av_read_frame(input.context, packet)
            guard status >= 0 else { break }
            defer { unsafe av_packet_unref(packet) }
            guard unsafe Int(packet.pointee.stream_index) == video.index else {
                sounds += 1
                continue
            }
            frames += 1
            let start = unsafe packet.pointee.pts
            guard start != weft_av_no_timestamp() else { continue }
            times = (min(times?.first ?? start, start), max(times?.last ?? start, start))
        }
        frameCount = frames
        soundPacketCount = sounds
        let first = times.flatMap { Rational(ticks: $0.first, of: video.timeBase) }
        let last = times.flatMap { Rational(ticks: $0.last, of: video.timeBase) }
        firstTime = first ?? .zero
        lastTime = last ?? .zero
        isBroken = status != weft_averror_eof()
    }
}
