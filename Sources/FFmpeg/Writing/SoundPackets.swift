import CFFmpeg
import Glibc

/// The packets of a file's sound for a span, with times from the start of the span.
///
/// Nothing is decoded: the span is cut at packet borders, and times are kept exactly, so that the
/// sound stays with the pictures. Packets that start up to `lead` before the span come along, with
/// negative times, for codecs whose packets need the one before; containers that cannot hold
/// negative times are not given them.
@safe final class SoundPackets {
    /// Seconds.
    static let lead = Rational(1, 10)

    let file: String
    let info: AudioStreamInfo
    private let input: InputFile
    /// Owned; its contents go with each packet that is given out.
    private let packet: UnsafeMutablePointer<AVPacket>
    private let unit: Rational
    /// Start of the span in ticks of the stream.
    private let startTicks: Int64
    /// Length of the span in ticks; nil to the end.
    private let lengthTicks: Int64?
    private let leadTicks: Int64
    /// Time of the next packet, if it does not say its own.
    private var expected: Int64 = 0
    /// Whether the packet is read and not given out.
    private var isWaiting = false
    private var hasGiven = false
    private var isAtEnd = false

    /// Finds the sound that belongs to the picture.
    ///
    /// - Parameters:
    ///   - source: The span.
    ///   - keepsLead: Whether packets may start before it.
    /// - Returns: Nil if the file has no sound.
    /// - Throws: `FFmpegError` if the file cannot be read.
    static func open(
        _ source: SoundSource,
        keepsLead: Bool
    ) throws(FFmpegError) -> SoundPackets? {
        let input = try InputFile(source.path)
        let media = try input.info()
        let best = unsafe av_find_best_stream(
            input.context,
            AVMEDIA_TYPE_AUDIO,
            -1,
            Int32(media.video.index),
            nil,
            0
        )
        guard best >= 0, let info = media.audio.first(where: { $0.index == Int(best) }) else {
            return nil
        }
        let pictures = try PictureDecoder(source.path)
        let origin = try pictures.origin()
        return try SoundPackets(input, info, source, origin: origin, keepsLead: keepsLead)
    }

    private init(
        _ input: consuming InputFile,
        _ info: AudioStreamInfo,
        _ source: SoundSource,
        origin: Rational,
        keepsLead: Bool
    ) throws(FFmpegError) {
        guard let packet = unsafe av_packet_alloc() else { fatalError("out of memory") }
        let stream = unsafe input.stream(info.index)
        guard let unit = unsafe Rational(stream.pointee.time_base), unit > .zero else {
            let reason = "sound stream \(info.index) has no unit of time"
            throw FFmpegError(.invalid(reason: reason), operation: "read", file: source.path)
        }
        self.unit = unit
        self.info = info
        file = source.path
        startTicks = origin.count(of: unit) + source.start.count(of: unit)
        lengthTicks = source.duration.map { $0.count(of: unit) }
        leadTicks = keepsLead ? Self.lead.count(of: unit) : 0
        input.discardAll(but: info.index)
        if source.start > Rational(1) {
            // A second early: containers seek by other streams, too. A failed seek only reads more.
            let target = startTicks - Rational(1).count(of: unit)
            let index = Int32(info.index)
            unsafe avformat_seek_file(input.context, index, Int64.min, target, target, 0)
        }
        self.input = input
        unsafe self.packet = packet
    }

    deinit {
        var packet: UnsafeMutablePointer<AVPacket>? = unsafe packet
        unsafe av_packet_free(&packet)
    }

    /// The stream, valid as long as this.
    var stream: UnsafeMutablePointer<AVStream> { unsafe input.stream(info.index) }

    var timeBase: AVRational { unsafe stream.pointee.time_base }

    /// The next packet if it starts before `limit`.
    ///
    /// - Parameter limit: In seconds from the start of the span; nil for the end of the span.
    /// - Returns: Owned by this and valid until the next call, times in the stream's own unit from
    ///   the start of the span; nil if the next starts later or there is none.
    func next(before limit: Rational?) -> UnsafeMutablePointer<AVPacket>? {
        while !isAtEnd {
            if !isWaiting {
                unsafe av_packet_unref(packet)
                guard unsafe av_read_frame(input.context, packet) >= 0 else {
                    isAtEnd = true
                    break
                }
                guard unsafe Int(packet.pointee.stream_index) == info.index, date() else {
                    continue
                }
                isWaiting = true
            }
            let start = unsafe packet.pointee.pts
            if let lengthTicks, start >= lengthTicks {
                isAtEnd = true
                break
            }
            if let limit, start >= limit.count(of: unit) { return nil }
            isWaiting = false
            return unsafe packet
        }
        return nil
    }

    /// Counts the packet's times from the start of the span; false if it is before it.
    private func date() -> Bool {
        let none = weft_av_no_timestamp()
        let said = unsafe packet.pointee.pts == none ? packet.pointee.dts : packet.pointee.pts
        let duration = unsafe min(max(0, packet.pointee.duration), 1 << 40)
        // Damaged files say anything; a time that is not after the one before continues it.
        let (relative, overflow) = said.subtractingReportingOverflow(startTicks)
        let isKnown = said != none && !overflow && relative.magnitude < 1 << 56
        let start = isKnown ? max(relative, hasGiven ? expected : relative) : expected
        expected = start + max(1, duration)
        guard start >= -leadTicks else { return false }
        hasGiven = true
        unsafe packet.pointee.pts = start
        unsafe packet.pointee.dts = start
        unsafe packet.pointee.duration = duration
        return true
    }
}
