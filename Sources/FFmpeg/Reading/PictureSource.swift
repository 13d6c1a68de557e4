import CFFmpeg

/// The pictures of a file, upright, progressive, in RGB at one size, with their times.
///
/// A stream whose pictures change their size or kind midway goes through a new filter graph from
/// there on. Memory holds a few pictures, whatever the file's length.
final class PictureSource {
    private let decoder: PictureDecoder
    private let width: Int
    private let height: Int
    /// Filters that follow, on RGB.
    private let extra: [String]
    private var graph: (filters: FilterGraph, format: PictureFormat)?
    /// Whether the graph was told that nothing more comes.
    private var isGraphEnding = false
    /// Of the pictures inside the graph, by their numbers.
    private var moments: [(number: Int64, moment: PictureClock.Moment)] = []
    /// Pictures that went in.
    private var count: Int64 = 0
    /// Pictures of smaller numbers only set up the filters.
    private var firstNumber: Int64 = 0
    /// Decoded and not in the graph yet, in order.
    private var waiting: [PictureDecoder.Decoded] = []
    /// The last that went in: a deinterlacer that starts midway needs it.
    private var previous: PictureDecoder.Decoded?
    private var isInterlaced: Bool

    var damage: MediaDamage { decoder.damage }
    var video: VideoStreamInfo { decoder.video }

    /// Opens a file.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - width: Of the pictures that come out.
    ///   - height: Of the pictures that come out.
    ///   - extra: Filters that are applied to them.
    /// - Throws: `FFmpegError` if it cannot be read.
    init(_ path: String, width: Int, height: Int, extra: [String] = []) throws(FFmpegError) {
        decoder = try PictureDecoder(path)
        isInterlaced = decoder.isInterlaced
        self.width = width
        self.height = height
        self.extra = extra
    }

    /// The next picture, in seconds from the first of the file; nil at the end.
    ///
    /// - Throws: `FFmpegError` if nothing at all can be decoded, or a filter fails.
    func next() throws(FFmpegError) -> Timed<Picture>? {
        while true {
            if let shown = try pull() { return shown }
            if isGraphEnding { closeGraph() }
            let decoded = try waiting.isEmpty ? decoder.next() : waiting.removeFirst()
            guard let decoded else {
                guard let graph else {
                    guard count > 0 else { throw nothingDecoded }
                    return nil
                }
                try graph.filters.finish()
                isGraphEnding = true
                continue
            }
            let format = PictureFormat(decoded.picture)
            let isNewlyInterlaced = decoded.picture.isInterlaced && !isInterlaced
            if let graph, format != graph.format || isNewlyInterlaced {
                waiting.insert(decoded, at: 0)
                isInterlaced = isInterlaced || isNewlyInterlaced
                try graph.filters.finish()
                isGraphEnding = true
                continue
            }
            isInterlaced = isInterlaced || isNewlyInterlaced
            try feed(decoded, format)
        }
    }

    /// Continues with the last picture that is not after `time`, or the first of the file.
    ///
    /// - Throws: `FFmpegError` if the file cannot be read again.
    func jump(to time: Rational) throws(FFmpegError) {
        closeGraph()
        previous = nil
        waiting = []
        let ticks = time.wholeCount(of: decoder.clock.unit)
        // The pictures before show a deinterlacer what moves.
        let margin = isInterlaced ? 2 * decoder.clock.frameTicks : 0
        try decoder.jump(to: ticks - margin)
        var before: [PictureDecoder.Decoded] = []
        while let decoded = try decoder.next() {
            guard decoded.moment.ticks <= ticks else {
                waiting = [decoded]
                break
            }
            before = before.suffix(1) + [decoded]
        }
        firstNumber = count + Int64(max(0, before.count - 1))
        waiting = before + waiting
    }

    private func pull() throws(FFmpegError) -> Timed<Picture>? {
        while let graph, let (picture, number) = try graph.filters.pull() {
            guard let index = moments.firstIndex(where: { $0.number == number }) else {
                preconditionFailure("\(decoder.path): a picture out of nowhere, \(number)")
            }
            let moment = moments[index].moment
            moments.removeFirst(index + 1)
            guard number >= firstNumber else { continue }
            return Timed(
                time: decoder.seconds(moment.ticks),
                duration: decoder.seconds(moment.duration),
                content: picture
            )
        }
        return nil
    }

    private func feed(
        _ decoded: PictureDecoder.Decoded,
        _ format: PictureFormat
    ) throws(FFmpegError) {
        if graph == nil {
            let chain = format.chain(
                width: width,
                height: height,
                orientation: decoder.orientation(of: decoded.picture),
                isInterlaced: isInterlaced,
                // What follows takes the signal as it is.
                keepsSignal: !extra.isEmpty
            )
            let whole = ([chain] + extra).joined(separator: ",")
            let filters = try FilterGraph(whole, of: format, file: decoder.path)
            graph = (filters, format)
            if isInterlaced, let previous, PictureFormat(previous.picture) == format {
                firstNumber = max(firstNumber, count + 1)
                try push(previous, into: filters)
            }
        }
        guard let graph else { return }
        try push(decoded, into: graph.filters)
        previous = decoded
    }

    private func push(
        _ decoded: PictureDecoder.Decoded,
        into filters: FilterGraph
    ) throws(FFmpegError) {
        moments.append((count, decoded.moment))
        try filters.push(decoded.picture, number: count)
        count += 1
    }

    private func closeGraph() {
        graph = nil
        moments = []
        isGraphEnding = false
    }

    private var nothingDecoded: FFmpegError {
        let reason = damage.isNone ? "it has no pictures" : "no picture of it can be decoded"
        return FFmpegError(.invalid(reason: reason), operation: "read", file: decoder.path)
    }
}
