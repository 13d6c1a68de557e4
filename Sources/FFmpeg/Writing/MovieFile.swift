import CFFmpeg
import Glibc

/// A container being written: one stream of pictures, at most one of sound.
@safe final class MovieFile {
    private let context: UnsafeMutablePointer<AVFormatContext>
    private let path: String
    private let encoder: PictureEncoder
    private let timeUnit: Rational
    private var sound: SoundTrack?

    /// Opens the encoder and the container and writes its header.
    ///
    /// - Parameters:
    ///   - settings: Of the video.
    ///   - temporaryPath: The file to write.
    ///   - path: What it will be called, for errors.
    /// - Throws: `FFmpegError` if the container cannot hold the streams, there is no encoder, or
    ///   the file cannot be written.
    init(
        _ settings: VideoSettings,
        to temporaryPath: String,
        for path: String
    ) throws(FFmpegError) {
        let format = try unsafe Self.container(of: path, holding: settings.codec)
        let flags = unsafe format.pointee.flags
        let encoder = try PictureEncoder(
            settings,
            hasGlobalHeader: flags & AVFMT_GLOBALHEADER != 0,
            file: path
        )
        var context: UnsafeMutablePointer<AVFormatContext>?
        unsafe avformat_alloc_output_context2(&context, format, nil, "file:\(temporaryPath)")
        guard let context = unsafe context else { fatalError("out of memory") }
        self.path = path
        self.encoder = encoder
        timeUnit = settings.timeUnit
        unsafe self.context = context
        // No version of a library in the file: the same frames give the same file.
        unsafe context.pointee.flags |= AVFMT_FLAG_BITEXACT
        try addPictures(settings)
        if let source = settings.sound {
            sound = try unsafe SoundTrack(source, in: context, for: path)
        }
        let url = "file:\(temporaryPath)"
        try check(unsafe avio_open(&context.pointee.pb, url, AVIO_FLAG_WRITE))
        var options: OpaquePointer?
        defer { unsafe av_dict_free(&options) }
        // The index goes in front, so that players start before they have read all.
        let name = unsafe String(cString: format.pointee.name)
        if name == "mp4" || name == "mov" {
            unsafe av_dict_set(&options, "movflags", "+faststart", 0)
        }
        try check(unsafe avformat_write_header(context, &options))
    }

    deinit {
        unsafe avio_closep(&context.pointee.pb)
        unsafe avformat_free_context(context)
    }

    /// Encodes and writes a frame, and the sound that belongs before what was written.
    ///
    /// - Parameters:
    ///   - frame: The picture.
    ///   - ticks: When it is shown, in units.
    ///   - duration: How long it is shown, in units.
    /// - Throws: `FFmpegError` if encoding or writing fails, for instance on a full disk.
    func append(
        _ frame: VideoFrame,
        at ticks: Int64,
        lasting duration: Int64
    ) throws(FFmpegError) {
        try unsafe encoder.encode(frame, at: ticks, lasting: duration) {
            packet throws(FFmpegError) in
            try unsafe write(packet)
        }
    }

    /// Writes the rest and the index, and closes the file.
    ///
    /// - Throws: `FFmpegError` if writing fails.
    func finish() throws(FFmpegError) {
        try unsafe encoder.finish { packet throws(FFmpegError) in try unsafe write(packet) }
        try sound?.write(before: nil)
        try check(unsafe av_write_trailer(context))
        unsafe avio_flush(context.pointee.pb)
        let failure = unsafe context.pointee.pb.pointee.error
        let closed = unsafe avio_closep(&context.pointee.pb)
        try check(failure < 0 ? failure : closed)
    }

    private func write(_ packet: UnsafeMutablePointer<AVPacket>) throws(FFmpegError) {
        let time = Rational(ticks: unsafe packet.pointee.dts, of: timeUnit) ?? .zero
        try sound?.write(before: time)
        guard let stream = unsafe context.pointee.streams[0] else { return }
        unsafe packet.pointee.stream_index = 0
        unsafe av_packet_rescale_ts(packet, timeUnit.library, stream.pointee.time_base)
        try check(unsafe av_interleaved_write_frame(context, packet))
        // What is buffered fails later than the call that wrote it.
        try check(unsafe context.pointee.pb.pointee.error)
    }

    private func addPictures(_ settings: VideoSettings) throws(FFmpegError) {
        guard let stream = unsafe avformat_new_stream(context, nil) else {
            fatalError("out of memory")
        }
        try check(
            unsafe avcodec_parameters_from_context(stream.pointee.codecpar, encoder.codec)
        )
        unsafe stream.pointee.time_base = settings.timeUnit.library
        unsafe stream.pointee.sample_aspect_ratio = AVRational(num: 1, den: 1)
        if let rate = settings.frameRate { unsafe stream.pointee.avg_frame_rate = rate.library }
        // The name under which all players know HEVC in this container: "hvc1", little-endian.
        let name = unsafe String(cString: context.pointee.oformat.pointee.name)
        if settings.codec == .hevc, name == "mp4" || name == "mov" {
            unsafe stream.pointee.codecpar.pointee.codec_tag = 0x3163_7668
        }
    }

    private func check(_ status: Int32) throws(FFmpegError) {
        guard status >= 0 else {
            throw FFmpegError(.library(status), operation: "write", file: path)
        }
    }

    /// The container of a name that keeps exact times and holds the codec.
    private static func container(
        of path: String,
        holding codec: VideoSettings.Codec
    ) throws(FFmpegError) -> UnsafePointer<AVOutputFormat> {
        func refused(_ reason: String) -> FFmpegError {
            FFmpegError(.invalid(reason: reason), operation: "write", file: path)
        }
        let usual = "expected a name that ends in .mp4, .mov or .mkv"
        guard let format = unsafe av_guess_format(nil, path, nil) else {
            throw refused("no container is known by that name, \(usual)")
        }
        let name = unsafe String(cString: format.pointee.name)
        guard ["mp4", "mov", "matroska"].contains(name) else {
            throw refused("\(name) keeps no exact times, \(usual)")
        }
        let (encoder, _) = try unsafe EncoderChoice(codec).find(for: codec, file: path)
        let holds = unsafe avformat_query_codec(format, encoder.pointee.id, FF_COMPLIANCE_NORMAL)
        guard holds == 1 else { throw refused("\(name) cannot hold \(codec.rawValue), \(usual)") }
        return unsafe UnsafePointer(format)
    }
}
