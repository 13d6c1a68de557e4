import CFFmpeg

/// An open media file.
@safe package struct InputFile: ~Copyable {
    /// Set for the whole life.
    private(set) var context: UnsafeMutablePointer<AVFormatContext>?
    package let path: String

    /// Opens a file and reads what its streams are.
    ///
    /// Only local files: a playlist that names an address on the network reaches nothing.
    ///
    /// - Parameter path: A file of any container that the installed libavformat reads.
    /// - Throws: `FFmpegError` if the file is missing or no media file.
    package init(_ path: String) throws(FFmpegError) {
        // The libraries would write their own lines between those of the program.
        av_log_set_level(AV_LOG_QUIET)
        self.path = path
        unsafe context = nil
        var options: OpaquePointer?
        unsafe av_dict_set(&options, "protocol_whitelist", "file", 0)
        defer { unsafe av_dict_free(&options) }
        // The scheme keeps a colon in the name from being taken for one.
        let opened = unsafe avformat_open_input(&context, "file:\(path)", nil, &options)
        guard opened == 0 else {
            throw FFmpegError(.library(opened), operation: "open", file: path)
        }
        let found = unsafe avformat_find_stream_info(context, nil)
        guard found >= 0 else {
            throw FFmpegError(.library(found), operation: "read", file: path)
        }
    }

    deinit {
        var context = unsafe context
        unsafe avformat_close_input(&context)
    }

    /// What the file says about itself.
    ///
    /// - Returns: The picture stream that a job is about, and every sound stream.
    /// - Throws: `FFmpegError` if there is no moving picture or it has no size.
    package borrowing func info() throws(FFmpegError) -> MediaInfo {
        guard let context = unsafe context else { preconditionFailure("\(path) is not open") }
        let count = unsafe Int(context.pointee.nb_streams)
        let streams = unsafe UnsafeBufferPointer(start: context.pointee.streams, count: count)
        var video: VideoStreamInfo?
        var audio: [AudioStreamInfo] = []
        var found: [String] = []
        for index in streams.indices {
            guard let stream = unsafe streams[index], let codec = unsafe stream.pointee.codecpar
            else { continue }
            let name = unsafe String(cString: avcodec_get_name(codec.pointee.codec_id))
            switch unsafe codec.pointee.codec_type {
            case AVMEDIA_TYPE_VIDEO:
                let isCover = unsafe stream.pointee.disposition & AV_DISPOSITION_ATTACHED_PIC != 0
                found.append(isCover ? "a cover image" : "video \(name)")
                guard video == nil, !isCover else { continue }
                video = try unsafe videoInfo(context, stream, codec.pointee, codecName: name)
            case AVMEDIA_TYPE_AUDIO:
                found.append("audio \(name)")
                audio.append(
                    AudioStreamInfo(
                        index: index,
                        codec: name,
                        sampleRate: unsafe Int(codec.pointee.sample_rate),
                        duration: unsafe Self.duration(stream.pointee)
                    )
                )
            default: found.append("\(name)")
            }
        }
        guard let video else {
            let list = found.isEmpty ? "no stream at all" : found.joined(separator: ", ")
            throw FFmpegError(.noVideo(found: list), operation: "read", file: path)
        }
        let length = unsafe context.pointee.duration
        return MediaInfo(
            container: unsafe String(cString: context.pointee.iformat.pointee.name),
            duration: length > 0 ? Rational(length, Int64(AV_TIME_BASE)) : nil,
            video: video,
            audio: audio
        )
    }

    /// A stream by its number, which comes from `info()`.
    borrowing func stream(_ index: Int) -> UnsafeMutablePointer<AVStream> {
        guard let context = unsafe context, unsafe index < Int(context.pointee.nb_streams),
            let stream = unsafe context.pointee.streams[index]
        else { preconditionFailure("\(path) has no stream \(index)") }
        return unsafe stream
    }

    /// Packets of other streams are not read.
    borrowing func discardAll(but index: Int) {
        guard let context = unsafe context else { preconditionFailure("\(path) is not open") }
        let count = unsafe Int(context.pointee.nb_streams)
        for other in 0..<count where other != index {
            unsafe stream(other).pointee.discard = AVDISCARD_ALL
        }
    }

    private borrowing func videoInfo(
        _ context: UnsafeMutablePointer<AVFormatContext>,
        _ stream: UnsafeMutablePointer<AVStream>,
        _ codec: AVCodecParameters,
        codecName: String
    ) throws(FFmpegError) -> VideoStreamInfo {
        let width = unsafe Int(codec.width)
        let height = unsafe Int(codec.height)
        let format = unsafe AVPixelFormat(codec.format)
        guard width > 0, height > 0, let description = unsafe av_pix_fmt_desc_get(format) else {
            let reason = "video stream \(unsafe stream.pointee.index) (\(codecName)) has no picture"
            throw FFmpegError(.invalid(reason: reason), operation: "read", file: path)
        }
        guard let timeBase = unsafe Rational(stream.pointee.time_base), timeBase > .zero else {
            let reason = "video stream \(unsafe stream.pointee.index) has no unit of time"
            throw FFmpegError(.invalid(reason: reason), operation: "read", file: path)
        }
        let rate = unsafe Rational(av_guess_frame_rate(context, stream, nil))
        let aspect = unsafe Rational(av_guess_sample_aspect_ratio(context, stream, nil))
        let frames = unsafe stream.pointee.nb_frames
        return VideoStreamInfo(
            index: unsafe Int(stream.pointee.index),
            codec: codecName,
            storedWidth: width,
            storedHeight: height,
            rotationDegrees: unsafe PictureOrientation(stream).clockwiseDegrees,
            pixelAspect: aspect.flatMap { $0 > .zero ? $0 : nil } ?? Rational(1),
            pixelFormat: unsafe String(cString: description.pointee.name),
            bitDepth: unsafe Int(description.pointee.comp.0.depth),
            isFullRange: unsafe codec.color_range == AVCOL_RANGE_JPEG,
            frameRate: rate.flatMap { $0 > .zero ? $0 : nil },
            timeBase: timeBase,
            duration: unsafe Self.duration(stream.pointee),
            frameCount: frames > 0 ? Int(frames) : nil
        )
    }

    private static func duration(_ stream: AVStream) -> Rational? {
        let ticks = unsafe stream.duration
        guard ticks > 0, ticks != weft_av_no_timestamp(),
            let timeBase = unsafe Rational(stream.time_base)
        else { return nil }
        return Rational(ticks: ticks, of: timeBase)
    }
}

extension MediaInfo {
    /// Opens a file, reads what it says about itself, and closes it.
    ///
    /// - Parameter path: The file.
    /// - Returns: Its streams.
    /// - Throws: `FFmpegError` if it is missing, no media file, or without a moving picture.
    package static func probe(_ path: String) throws(FFmpegError) -> MediaInfo {
        try InputFile(path).info()
    }
}
