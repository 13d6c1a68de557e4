import CFFmpeg
import Glibc

/// Decodes sound and encodes it as AAC, for containers that cannot hold it as it is.
///
/// Times are those of the decoded samples, so that the sound stays with the pictures.
@safe final class SoundRecoder {
    /// Bits a second for each channel.
    static let channelBitRate: Int64 = 96_000

    private let decoder: UnsafeMutablePointer<AVCodecContext>
    private let encoder: UnsafeMutablePointer<AVCodecContext>
    private let graph: UnsafeMutablePointer<AVFilterGraph>
    /// Both belong to the graph.
    private var source: UnsafeMutablePointer<AVFilterContext>?
    private var sink: UnsafeMutablePointer<AVFilterContext>?
    private let frame: UnsafeMutablePointer<AVFrame>
    private let output: UnsafeMutablePointer<AVPacket>
    private let file: String

    /// Opens the decoder and the encoder.
    ///
    /// - Throws: `FFmpegError` if one is missing.
    init(_ packets: SoundPackets, file: String) throws(FFmpegError) {
        guard let codec = unsafe avcodec_find_encoder(AV_CODEC_ID_AAC) else {
            let reason = "no encoder for aac: the installed libavcodec has none"
            throw FFmpegError(.invalid(reason: reason), operation: "write", file: file)
        }
        let decoder = try unsafe openDecoder(
            of: packets.stream,
            codec: packets.info.codec,
            file: packets.file
        )
        guard let encoder = unsafe avcodec_alloc_context3(codec),
            let graph = unsafe avfilter_graph_alloc(),
            let frame = unsafe av_frame_alloc(),
            let output = unsafe av_packet_alloc()
        else { fatalError("out of memory") }
        self.file = file
        unsafe self.decoder = decoder
        unsafe self.encoder = encoder
        unsafe self.graph = graph
        unsafe self.frame = frame
        unsafe self.output = output
        unsafe source = nil
        unsafe sink = nil
        try check(buildFilters(packets.timeBase))
        unsafe encoder.pointee.sample_rate = av_buffersink_get_sample_rate(sink)
        unsafe encoder.pointee.sample_fmt = AV_SAMPLE_FMT_FLTP
        unsafe encoder.pointee.time_base = av_buffersink_get_time_base(sink)
        try check(unsafe av_buffersink_get_ch_layout(sink, &encoder.pointee.ch_layout))
        let channels = unsafe Int64(encoder.pointee.ch_layout.nb_channels)
        unsafe encoder.pointee.bit_rate = Self.channelBitRate * channels
        unsafe encoder.pointee.flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_BITEXACT
        try check(unsafe avcodec_open2(encoder, codec, nil))
        unsafe av_buffersink_set_frame_size(sink, UInt32(encoder.pointee.frame_size))
    }

    deinit {
        var decoder: UnsafeMutablePointer<AVCodecContext>? = unsafe decoder
        unsafe avcodec_free_context(&decoder)
        var encoder: UnsafeMutablePointer<AVCodecContext>? = unsafe encoder
        unsafe avcodec_free_context(&encoder)
        var graph: UnsafeMutablePointer<AVFilterGraph>? = unsafe graph
        unsafe avfilter_graph_free(&graph)
        var frame: UnsafeMutablePointer<AVFrame>? = unsafe frame
        unsafe av_frame_free(&frame)
        var output: UnsafeMutablePointer<AVPacket>? = unsafe output
        unsafe av_packet_free(&output)
    }

    /// The unit of the times of the packets that are written.
    var timeBase: AVRational { unsafe encoder.pointee.time_base }

    /// Describes the encoded stream.
    func describe(_ parameters: UnsafeMutablePointer<AVCodecParameters>) -> Int32 {
        unsafe avcodec_parameters_from_context(parameters, encoder)
    }

    /// Decodes a packet and encodes what is complete.
    ///
    /// - Parameters:
    ///   - packet: Of the source; one that does not decode is silence.
    ///   - write: Takes the packets that are ready.
    /// - Throws: `FFmpegError` if encoding fails, and what `write` throws.
    func encode(
        _ packet: UnsafeMutablePointer<AVPacket>?,
        write: (UnsafeMutablePointer<AVPacket>) throws(FFmpegError) -> Void
    ) throws(FFmpegError) {
        unsafe avcodec_send_packet(decoder, packet)
        while unsafe avcodec_receive_frame(decoder, frame) == 0 {
            unsafe frame.pointee.pts = frame.pointee.best_effort_timestamp
            try check(unsafe av_buffersrc_add_frame_flags(source, frame, 0))
            try unsafe drain(write)
        }
    }

    /// Encodes what is left.
    func finish(
        write: (UnsafeMutablePointer<AVPacket>) throws(FFmpegError) -> Void
    ) throws(FFmpegError) {
        try unsafe encode(nil, write: write)
        try check(unsafe av_buffersrc_add_frame_flags(source, nil, 0))
        try unsafe drain(write)
        try check(unsafe avcodec_send_frame(encoder, nil))
        try unsafe packets(write)
    }

    private func drain(
        _ write: (UnsafeMutablePointer<AVPacket>) throws(FFmpegError) -> Void
    ) throws(FFmpegError) {
        while unsafe av_buffersink_get_frame(sink, frame) >= 0 {
            defer { unsafe av_frame_unref(frame) }
            try check(unsafe avcodec_send_frame(encoder, frame))
            try unsafe packets(write)
        }
    }

    private func packets(
        _ write: (UnsafeMutablePointer<AVPacket>) throws(FFmpegError) -> Void
    ) throws(FFmpegError) {
        while unsafe avcodec_receive_packet(encoder, output) == 0 {
            try unsafe write(output)
            unsafe av_packet_unref(output)
        }
    }

    /// Samples as the encoder takes them, the first at time 0: what lies before is cut, and what is
    /// missing is silence.
    private func buildFilters(_ unit: AVRational) -> Int32 {
        if unsafe decoder.pointee.ch_layout.order == AV_CHANNEL_ORDER_UNSPEC {
            let channels = unsafe decoder.pointee.ch_layout.nb_channels
            unsafe av_channel_layout_default(&decoder.pointee.ch_layout, channels)
        }
        var text = [CChar](repeating: 0, count: 256)
        let described = unsafe av_channel_layout_describe(
            &decoder.pointee.ch_layout,
            &text,
            text.count
        )
        guard described >= 0 else { return described }
        let layout = String(
            decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) },
            as: UTF8.self
        )
        let format = unsafe decoder.pointee.sample_fmt.rawValue
        let rate = unsafe decoder.pointee.sample_rate
        let options =
            "time_base=\(unit.num)/\(unit.den):sample_rate=\(rate):sample_fmt=\(format)"
            + ":channel_layout=\(layout)"
        let rates = "96000|88200|64000|48000|44100|32000|24000|22050|16000|12000|11025|8000|7350"
        let chain =
            "aresample=async=1:first_pts=0,aformat=sample_fmts=fltp:sample_rates=\(rates)"
            + ":channel_layouts=mono|stereo|3.0|4.0|5.0|5.1|7.1(wide)"
        return unsafe openFilters(
            chain,
            in: graph,
            source: ("abuffer", options),
            sink: "abuffersink",
            &source,
            &sink
        )
    }

    private func check(_ status: Int32) throws(FFmpegError) {
        guard status >= 0 else {
            throw FFmpegError(.library(status), operation: "encode the sound of", file: file)
        }
    }
}
