import CFFmpeg
import Glibc

/// An encoder of RGB frames, with the conversion to what it stores.
///
/// The conversion and what the stream says of its colours come from the same settings. Luma and
/// chroma have the limited range; halved chroma lies on the left columns, as H.264 has it.
@safe final class PictureEncoder {
    /// Open for the whole life.
    let codec: UnsafeMutablePointer<AVCodecContext>
    private let settings: VideoSettings
    private let file: String
    private let filters: FilterGraph
    private let packet: UnsafeMutablePointer<AVPacket>
    private let width: Int
    private let height: Int
    private var number: Int64 = 0
    /// Of frames inside the encoder, by their times in units.
    private var durations: [Int64: Int64] = [:]

    /// Opens an encoder.
    ///
    /// - Parameters:
    ///   - settings: Of the video.
    ///   - hasGlobalHeader: Whether the container keeps the stream's header.
    ///   - file: Where it goes, for errors.
    /// - Throws: `FFmpegError` if there is no encoder or it refuses the settings.
    init(
        _ settings: VideoSettings,
        hasGlobalHeader: Bool,
        file: String
    ) throws(FFmpegError) {
        let choice = EncoderChoice(settings.codec)
        let (encoder, name) = try unsafe choice.find(for: settings.codec, file: file)
        width = settings.width + (choice.isEvenWidth ? settings.width % 2 : 0)
        height = settings.height + (choice.isEvenHeight ? settings.height % 2 : 0)
        filters = try FilterGraph(
            Self.chain(settings, choice),
            of: PictureFormat(rgbWidth: width, height: height),
            file: file
        )
        guard let codec = unsafe avcodec_alloc_context3(encoder),
            let packet = unsafe av_packet_alloc()
        else { fatalError("out of memory") }
        unsafe self.codec = codec
        unsafe self.packet = packet
        self.settings = settings
        self.file = file
        unsafe codec.pointee.width = Int32(width)
        unsafe codec.pointee.height = Int32(height)
        unsafe codec.pointee.pix_fmt = choice.pixels
        unsafe codec.pointee.time_base = settings.timeUnit.library
        unsafe codec.pointee.sample_aspect_ratio = AVRational(num: 1, den: 1)
        if let rate = settings.frameRate { unsafe codec.pointee.framerate = rate.library }
        unsafe codec.pointee.flags |= AV_CODEC_FLAG_BITEXACT
        if hasGlobalHeader { unsafe codec.pointee.flags |= AV_CODEC_FLAG_GLOBAL_HEADER }
        setColour(choice)
        var options = choice.options.filter { $0.key != "x265-params" || name == "libx265" }
        if let factor = settings.rateFactor { options["crf"] = "\(factor)" }
        var dictionary: OpaquePointer?
        defer { unsafe av_dict_free(&dictionary) }
        for (key, value) in options { unsafe av_dict_set(&dictionary, key, value, 0) }
        let status = unsafe avcodec_open2(codec, encoder, &dictionary)
        guard status == 0 else {
            throw FFmpegError(.library(status), operation: "encode with \(name)", file: file)
        }
        guard unsafe av_dict_count(dictionary) == 0 else {
            let reason = "\(name) has no constant rate factor"
            throw FFmpegError(.invalid(reason: reason), operation: "write", file: file)
        }
    }

    deinit {
        var codec: UnsafeMutablePointer<AVCodecContext>? = unsafe codec
        unsafe avcodec_free_context(&codec)
        var packet: UnsafeMutablePointer<AVPacket>? = unsafe packet
        unsafe av_packet_free(&packet)
    }

    /// Encodes a frame.
    ///
    /// - Parameters:
    ///   - frame: Of the settings' size.
    ///   - ticks: When it is shown, in units; after the frame before.
    ///   - duration: How long it is shown, in units.
    ///   - write: Takes the packets that are ready, with times in units.
    /// - Throws: `FFmpegError` if the encoder fails, and what `write` throws.
    func encode(
        _ frame: VideoFrame,
        at ticks: Int64,
        lasting duration: Int64,
        write: (UnsafeMutablePointer<AVPacket>) throws(FFmpegError) -> Void
    ) throws(FFmpegError) {
        precondition(
            frame.width == settings.width && frame.height == settings.height,
            "\(file): a frame of \(frame.width)x\(frame.height)"
        )
        let picture = Picture(frame, paddedTo: width, height)
        try filters.push(picture, number: number)
        number += 1
        guard let (converted, _) = try filters.pull() else {
            preconditionFailure("\(file): the conversion keeps a frame")
        }
        unsafe converted.frame.pointee.pts = ticks
        unsafe converted.frame.pointee.pict_type = AV_PICTURE_TYPE_NONE
        unsafe converted.frame.pointee.color_primaries = codec.pointee.color_primaries
        unsafe converted.frame.pointee.color_trc = codec.pointee.color_trc
        unsafe converted.frame.pointee.colorspace = codec.pointee.colorspace
        unsafe converted.frame.pointee.color_range = codec.pointee.color_range
        durations[ticks] = duration
        try check(unsafe avcodec_send_frame(codec, converted.frame))
        try unsafe drain(write)
    }

    /// Encodes what is left.
    func finish(
        write: (UnsafeMutablePointer<AVPacket>) throws(FFmpegError) -> Void
    ) throws(FFmpegError) {
        try check(unsafe avcodec_send_frame(codec, nil))
        try unsafe drain(write)
    }

    private func drain(
        _ write: (UnsafeMutablePointer<AVPacket>) throws(FFmpegError) -> Void
    ) throws(FFmpegError) {
        while true {
            let status = unsafe avcodec_receive_packet(codec, packet)
            if status == weft_averror(EAGAIN) || status == weft_averror_eof() { return }
            try check(status)
            // Encoders leave it open, and the last frame's is in no difference of times.
            if let duration = durations.removeValue(forKey: unsafe packet.pointee.pts) {
                unsafe packet.pointee.duration = duration
            }
            try unsafe write(packet)
            unsafe av_packet_unref(packet)
        }
    }

    private func check(_ status: Int32) throws(FFmpegError) {
        guard status >= 0 else {
            throw FFmpegError(.library(status), operation: "encode", file: file)
        }
    }

    private func setColour(_ choice: EncoderChoice) {
        let isNew = settings.colour == .bt709
        unsafe codec.pointee.color_primaries = isNew ? AVCOL_PRI_BT709 : AVCOL_PRI_SMPTE170M
        unsafe codec.pointee.color_trc = isNew ? AVCOL_TRC_BT709 : AVCOL_TRC_SMPTE170M
        guard choice.isLumaChroma else {
            unsafe codec.pointee.colorspace = AVCOL_SPC_RGB
            unsafe codec.pointee.color_range = AVCOL_RANGE_JPEG
            return
        }
        unsafe codec.pointee.colorspace = isNew ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M
        unsafe codec.pointee.color_range = AVCOL_RANGE_MPEG
        unsafe codec.pointee.chroma_sample_location = AVCHROMA_LOC_LEFT
    }

    private static func chain(_ settings: VideoSettings, _ choice: EncoderChoice) -> String {
        guard choice.isLumaChroma else { return "format=pix_fmts=\(choice.pixelName)" }
        let matrix = settings.colour == .bt709 ? "bt709" : "smpte170m"
        let chroma = choice.isEvenHeight ? ":out_v_chr_pos=128" : ""
        return "scale=out_color_matrix=\(matrix):out_range=limited:out_h_chr_pos=0\(chroma)"
            + ":flags=\(PictureFormat.scalerFlags),format=pix_fmts=\(choice.pixelName)"
    }
}

extension Picture {
    /// A frame, made larger by repeating its last column and row.
    convenience init(_ source: VideoFrame, paddedTo width: Int, _ height: Int) {
        self.init()
        unsafe frame.pointee.width = Int32(width)
        unsafe frame.pointee.height = Int32(height)
        unsafe frame.pointee.format = AV_PIX_FMT_RGB24.rawValue
        guard unsafe av_frame_get_buffer(frame, 0) == 0, let target = unsafe frame.pointee.data.0
        else { fatalError("out of memory") }
        let stride = unsafe Int(frame.pointee.linesize.0)
        unsafe source.pixels.withUnsafeBufferPointer { pixels in
            guard let pixels = pixels.baseAddress else { return }
            for row in 0..<height {
                let from = unsafe pixels + min(row, source.height - 1) * source.width * 3
                let to = unsafe target + row * stride
                unsafe to.update(from: from, count: source.width * 3)
                for column in source.width..<max(width, source.width) {
                    unsafe (to + column * 3).update(from: from + (source.width - 1) * 3, count: 3)
                }
            }
        }
    }
}
