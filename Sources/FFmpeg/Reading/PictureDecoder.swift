import CFFmpeg
import Glibc

/// The pictures of a file's video stream, decoded one after the other.
///
/// Decoding uses no frame threads: with them the parts that a decoder makes up in damaged pictures
/// differ from run to run.
@safe final class PictureDecoder {
    /// A picture and when it is shown.
    struct Decoded {
        let picture: Picture
        /// In ticks of the clock from the first picture.
        let moment: PictureClock.Moment
        /// Whether its time comes from the file alone and not from what was decoded before.
        let hasOwnTime: Bool
    }

    let path: String
    let video: VideoStreamInfo
    private let orientation: PictureOrientation
    /// Of the pictures in seconds, as the file says; nil if it does not.
    private let length: Rational?
    /// Whether the stream says that pictures are made of two fields.
    let isInterlaced: Bool
    private(set) var clock: PictureClock
    private(set) var damage = MediaDamage()

    private var input: InputFile
    private var codec: UnsafeMutablePointer<AVCodecContext>
    private let packet: UnsafeMutablePointer<AVPacket>
    private var isDraining = false
    private var isAtEnd = false
    /// False once times or pictures were seen to depend on all that came before: then a jump
    /// decodes from the start of the file.
    private var isSeekable = true
    /// Decoded already by a jump.
    private var found: Decoded?
    /// Of the last picture.
    private var lastTicks: Int64?
    private var lastTime: Rational? { lastTicks.map(seconds) }

    /// Opens the stream that a job is about.
    ///
    /// - Throws: `FFmpegError` if there is none or nothing decodes it.
    init(_ path: String) throws(FFmpegError) {
        let input = try InputFile(path)
        let info = try input.info()
        let video = info.video
        let codec = try unsafe Self.open(input, video)
        guard let packet = unsafe av_packet_alloc() else { fatalError("out of memory") }
        let stream = unsafe input.stream(video.index)
        orientation = unsafe PictureOrientation(stream)
        let fields = unsafe stream.pointee.codecpar.pointee.field_order
        isInterlaced = fields != AV_FIELD_UNKNOWN && fields != AV_FIELD_PROGRESSIVE
        // Finer ticks than any recording has would need more digits than fractions have here.
        let isFine = video.timeBase.denominator > 1 << 24
        clock = PictureClock(
            unit: isFine ? Rational(1, 1_000_000) : video.timeBase,
            frameRate: video.frameRate
        )
        // A file with sound may be longer than its pictures.
        length = video.duration ?? (info.audio.isEmpty ? info.duration : nil)
        self.path = path
        self.video = video
        self.input = input
        unsafe self.codec = codec
        unsafe self.packet = packet
    }

    deinit {
        var codec: UnsafeMutablePointer<AVCodecContext>? = unsafe codec
        unsafe avcodec_free_context(&codec)
        var packet: UnsafeMutablePointer<AVPacket>? = unsafe packet
        unsafe av_packet_free(&packet)
    }

    /// The time of a moment in seconds from the first picture.
    func seconds(_ ticks: Int64) -> Rational {
        guard let seconds = Rational(ticks: ticks, of: clock.unit) else {
            preconditionFailure("\(path): \(ticks) ticks of \(clock.unit) s")
        }
        return seconds
    }

    /// The container's word, or else that of a photograph.
    func orientation(of picture: Picture) -> PictureOrientation {
        let tag = picture.tag("Orientation")?.filter(\.isNumber)
        guard orientation == .upright, let tag, let number = Int(tag) else {
            return orientation
        }
        return PictureOrientation(exif: number)
    }

    /// The time of the first picture in seconds of the container; 0 if there is none.
    ///
    /// - Throws: `FFmpegError` if times run out of range.
    func origin() throws(FFmpegError) -> Rational {
        if clock.origin == nil { found = try next() }
        return clock.origin.map(seconds) ?? .zero
    }

    /// The next picture in the order of display; nil at the end.
    ///
    /// Packets that do not decode are counted in `damage` and skipped.
    ///
    /// - Throws: `FFmpegError` if times run out of range.
    func next() throws(FFmpegError) -> Decoded? {
        if let found {
            self.found = nil
            return found
        }
        var failures = 0
        while !isAtEnd {
            let picture = Picture()
            let status = unsafe avcodec_receive_frame(codec, picture.frame)
            if status == 0 { return try dated(picture) }
            if status == weft_averror_eof() {
                isAtEnd = true
                noteMissingEnd()
            } else if status == weft_averror(EAGAIN) {
                sendPacket()
            } else {
                damage.note(dropped: 1, at: lastTime)
                failures += 1
                // A decoder that fails on and on while it is emptied has nothing left.
                if isDraining, failures > 64 { isAtEnd = true }
                if !isDraining { sendPacket() }
            }
        }
        return nil
    }

    /// Continues with a picture that is not after `time`, in ticks: a key frame of the file, from
    /// which all that follow decode to the same pictures as from the start.
    ///
    /// - Throws: `FFmpegError` if the file cannot be opened again.
    func jump(to time: Int64) throws(FFmpegError) {
        // Times count from the first picture, so that one has to be known.
        if clock.origin == nil { _ = try origin() }
        guard clock.origin != nil else { return }
        var distance: Int64 = 0
        found = nil
        while let origin = clock.origin, isSeekable, !clock.hasRepaired, damage.isNone {
            let wanted = time - distance
            guard wanted > 0 else { break }
            let timestamp = origin + rescaled(wanted, from: clock.unit, to: video.timeBase)
            let status = unsafe avformat_seek_file(
                input.context,
                Int32(video.index),
                Int64.min,
                timestamp,
                timestamp,
                0
            )
            guard status >= 0 else { break }
            unsafe avcodec_flush_buffers(codec)
            isDraining = false
            isAtEnd = false
            clock.jump()
            // Pictures before the first key frame lean on pictures that were not read.
            var first = try next()
            while let candidate = first, !candidate.picture.isKey, candidate.moment.ticks <= time {
                first = try next()
            }
            guard let first, first.hasOwnTime else { break }
            if first.picture.isKey, first.moment.ticks <= time {
                found = first
                return
            }
            distance = max(distance * 4, clock.frameTicks * 25)
        }
        try restart()
    }

    /// Opens the file anew.
    private func restart() throws(FFmpegError) {
        isSeekable = isSeekable && !clock.hasRepaired && damage.isNone
        input = try InputFile(path)
        let fresh = try unsafe Self.open(input, video)
        var old: UnsafeMutablePointer<AVCodecContext>? = unsafe codec
        unsafe avcodec_free_context(&old)
        unsafe codec = fresh
        isDraining = false
        isAtEnd = false
        found = nil
        damage = MediaDamage()
        clock = PictureClock(unit: clock.unit, frameRate: video.frameRate)
    }

    /// Gives the decoder the stream's next packet, or the end.
    private func sendPacket() {
        while true {
            let status = unsafe av_read_frame(input.context, packet)
            guard status >= 0 else {
                if status != weft_averror_eof() {
                    damage.endReason = FFmpegError.text(status)
                }
                unsafe avcodec_send_packet(codec, nil)
                isDraining = true
                return
            }
            defer { unsafe av_packet_unref(packet) }
            guard unsafe Int(packet.pointee.stream_index) == video.index else { continue }
            let sent = unsafe avcodec_send_packet(codec, packet)
            if sent < 0 { damage.note(dropped: 1, at: lastTime) }
            return
        }
    }

    /// A file that was cut off may end without an error, but it still says how long it was.
    private func noteMissingEnd() {
        guard damage.endReason == nil, let duration = length, let lastTime else { return }
        // Durations that containers write down are often off by some frames.
        guard duration.double > lastTime.double + 2 else { return }
        let (said, found) = (Self.text(duration), Self.text(lastTime))
        damage.endReason = "it says \(said) s and its last picture is at \(found) s"
    }

    private static func text(_ seconds: Rational) -> String {
        "\((seconds.double * 10).rounded() / 10)"
    }

    private func dated(_ picture: Picture) throws(FFmpegError) -> Decoded {
        let none = weft_av_no_timestamp()
        let best = unsafe picture.frame.pointee.best_effort_timestamp
        let own = unsafe picture.frame.pointee.pts
        let length = unsafe weft_av_duration(picture.frame)
        let moment = clock.advance(
            to: best == none ? nil : rescaled(best, from: video.timeBase, to: clock.unit),
            lasting: rescaled(max(0, length), from: video.timeBase, to: clock.unit)
        )
        guard moment.ticks <= clock.ticksMax else {
            let reason = "its times run over \(FrameRequest.secondsMax) s"
            throw FFmpegError(.invalid(reason: reason), operation: "read", file: path)
        }
        lastTicks = moment.ticks
        if picture.isConcealed { damage.note(concealed: 1, at: lastTime) }
        return Decoded(picture: picture, moment: moment, hasOwnTime: own != none)
    }

    private func rescaled(_ ticks: Int64, from old: Rational, to new: Rational) -> Int64 {
        old == new ? ticks : av_rescale_q(ticks, old.library, new.library)
    }

    private static func open(
        _ input: borrowing InputFile,
        _ video: VideoStreamInfo
    ) throws(FFmpegError) -> UnsafeMutablePointer<AVCodecContext> {
        input.discardAll(but: video.index)
        let stream = unsafe input.stream(video.index)
        return try unsafe openDecoder(of: stream, codec: video.codec, file: input.path)
    }
}

/// A decoder for a stream, which the caller frees.
func openDecoder(
    of stream: UnsafeMutablePointer<AVStream>,
    codec name: String,
    file: String
) throws(FFmpegError) -> UnsafeMutablePointer<AVCodecContext> {
    guard let decoder = unsafe avcodec_find_decoder(stream.pointee.codecpar.pointee.codec_id)
    else {
        let reason = "the installed libavcodec cannot decode \(name)"
        throw FFmpegError(.invalid(reason: reason), operation: "read", file: file)
    }
    guard let context = unsafe avcodec_alloc_context3(decoder) else { fatalError("out of memory") }
    var status = unsafe avcodec_parameters_to_context(context, stream.pointee.codecpar)
    unsafe context.pointee.pkt_timebase = stream.pointee.time_base
    unsafe context.pointee.thread_count = 0
    unsafe context.pointee.thread_type = FF_THREAD_SLICE
    unsafe context.pointee.max_pixels = Int64(FrameRequest.sideMax * FrameRequest.sideMax)
    if status >= 0 { status = unsafe avcodec_open2(context, decoder, nil) }
    guard status >= 0 else {
        var context: UnsafeMutablePointer<AVCodecContext>? = unsafe context
        unsafe avcodec_free_context(&context)
        throw FFmpegError(.library(status), operation: "decode", file: file)
    }
    return unsafe context
}
