import CFFmpeg

/// The stream of sound of a container that is being written: copied where the container can hold
/// it, and else encoded anew as AAC.
@safe final class SoundTrack {
    private let packets: SoundPackets
    private let recoder: SoundRecoder?
    /// Lives longer than this.
    private let context: UnsafeMutablePointer<AVFormatContext>
    private let index: Int32
    private let path: String

    /// Adds a stream to a container; nil if the source has no sound.
    ///
    /// - Throws: `FFmpegError` if the source cannot be read, or the container holds neither its
    ///   sound nor AAC.
    init?(
        _ source: SoundSource,
        in context: UnsafeMutablePointer<AVFormatContext>,
        for path: String
    ) throws(FFmpegError) {
        let flags = unsafe context.pointee.oformat.pointee.flags
        let opened = try SoundPackets.open(source, keepsLead: flags & AVFMT_TS_NEGATIVE != 0)
        guard let packets = opened else { return nil }
        let format = unsafe context.pointee.oformat
        let id = unsafe packets.stream.pointee.codecpar.pointee.codec_id
        let isKnown = unsafe avformat_query_codec(format, id, FF_COMPLIANCE_NORMAL) == 1
        let name = unsafe format.map { unsafe String(cString: $0.pointee.name) } ?? ""
        let copies = isKnown && Self.plays(packets.info.codec, in: name)
        recoder = copies ? nil : try SoundRecoder(packets, file: path)
        guard let stream = unsafe avformat_new_stream(context, nil) else {
            fatalError("out of memory")
        }
        let status: Int32
        if let recoder {
            status = unsafe recoder.describe(stream.pointee.codecpar)
            unsafe stream.pointee.time_base = recoder.timeBase
        } else {
            status = unsafe avcodec_parameters_copy(
                stream.pointee.codecpar,
                packets.stream.pointee.codecpar
            )
            // The number that names the codec is another one in another container.
            unsafe stream.pointee.codecpar.pointee.codec_tag = 0
            unsafe stream.pointee.time_base = packets.timeBase
        }
        index = unsafe stream.pointee.index
        self.packets = packets
        self.path = path
        unsafe self.context = context
        try check(status)
    }

    /// Writes the packets that start before a time.
    ///
    /// - Parameter limit: In seconds from the start of the span; nil for all that are left.
    /// - Throws: `FFmpegError` if writing fails.
    func write(before limit: Rational?) throws(FFmpegError) {
        while let packet = unsafe packets.next(before: limit) {
            if let recoder {
                try unsafe recoder.encode(packet) { packet throws(FFmpegError) in
                    try unsafe put(packet, recoder.timeBase)
                }
            } else {
                try unsafe put(packet, packets.timeBase)
            }
        }
        if let recoder, limit == nil {
            try unsafe recoder.finish { packet throws(FFmpegError) in
                try unsafe put(packet, recoder.timeBase)
            }
        }
    }

    /// Whether players expect the codec in a container: QuickTime and MP4 can name more than is
    /// played, and refuse some of what they name.
    private static func plays(_ codec: String, in container: String) -> Bool {
        let usual: Set = ["aac", "mp3", "ac3", "eac3", "alac"]
        return switch container {
        case "mp4": usual.contains(codec)
        case "mov": usual.contains(codec) || codec.hasPrefix("pcm_")
        default: true
        }
    }

    private func put(
        _ packet: UnsafeMutablePointer<AVPacket>,
        _ unit: AVRational
    ) throws(FFmpegError) {
        guard let stream = unsafe context.pointee.streams[Int(index)] else { return }
        unsafe packet.pointee.stream_index = index
        unsafe packet.pointee.pos = -1
        unsafe av_packet_rescale_ts(packet, unit, stream.pointee.time_base)
        try check(unsafe av_interleaved_write_frame(context, packet))
    }

    private func check(_ status: Int32) throws(FFmpegError) {
        guard status >= 0 else {
            throw FFmpegError(.library(status), operation: "write the sound of", file: path)
        }
    }
}
