import CFFmpeg

/// What is in a finished video, counted in the file itself.
package struct WrittenVideo: Hashable, Sendable {
    /// Pictures.
    package let frameCount: Int
    /// When the last picture ends, in seconds.
    package let end: Rational
    /// Packets of sound.
    package let soundPacketCount: Int
    /// Whether reading stopped before the end.
    package let isBroken: Bool

    init(frameCount: Int, end: Rational) {
        self.frameCount = frameCount
        self.end = end
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
        var (frames, sounds, last) = (0, 0, Int64.min)
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
            last = max(last, start + (unsafe max(0, packet.pointee.duration)))
        }
        frameCount = frames
        soundPacketCount = sounds
        end = last == Int64.min ? .zero : Rational(ticks: last, of: video.timeBase) ?? .zero
        isBroken = status != weft_averror_eof()
    }
}
