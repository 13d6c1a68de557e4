/// Something that is shown from a time on.
struct Timed<Content> {
    /// In seconds.
    var time: Rational
    var duration: Rational
    var content: Content
}

/// Picks the frames of a request out of the pictures of a source.
///
/// Without a rate every picture from `start` on is a frame at its own time. With one, frame i is at
/// i / rate and is the picture whose time is nearest, of two the earlier. There are as many frames
/// as have their middle before the end of the last picture, at least one, and no frame starts at or
/// after the end of the request.
struct FrameSelector<Content> {
    let start: Rational
    let duration: Rational?
    let rate: Rational?
    /// Frames before this time were given already or are not wanted.
    private var from = Rational.zero
    /// Number of the next frame of a constant rate.
    private var index: Int64 = 0
    private var current: Timed<Content>?
    private var upcoming: Timed<Content>?
    private var isSourceAtEnd = false

    init(_ request: FrameRequest) {
        start = request.start
        duration = request.duration
        rate = request.frameRate
    }

    /// Continues with the first frame at or after `time`.
    ///
    /// - Returns: Where the source has to continue: at the last picture that is not after it.
    mutating func seek(to time: Rational) -> Rational {
        current = nil
        upcoming = nil
        isSourceAtEnd = false
        from = max(time, .zero)
        guard let rate else { return start + from }
        let frame = rate.reciprocal
        index = from.wholeCount(of: frame)
        if Rational(index) * frame < from { index += 1 }
        return start + Rational(index) * frame
    }

    /// Continues with the picture that is shown at `time`, whose own time may be before.
    mutating func seek(toShownAt time: Rational) -> Rational {
        let target = seek(to: time)
        from = Rational(-Int64(FrameRequest.secondsMax))
        return target
    }

    /// The next frame, its time from `start`; nil at the end.
    ///
    /// - Parameter pull: Gives the next picture of the source.
    /// - Returns: Nil at the end.
    /// - Throws: What `pull` throws.
    mutating func next(
        _ pull: () throws(FFmpegError) -> Timed<Content>?
    ) throws(FFmpegError) -> Timed<Content>? {
        if let rate { try nextRegular(rate, pull) } else { try nextOwn(pull) }
    }

    private mutating func nextOwn(
        _ pull: () throws(FFmpegError) -> Timed<Content>?
    ) throws(FFmpegError) -> Timed<Content>? {
        while !isSourceAtEnd, var shown = try pull() {
            shown.time = shown.time - start
            guard shown.time >= from else { continue }
            if let duration {
                guard shown.time < duration else { break }
                shown.duration = min(shown.duration, duration - shown.time)
            }
            return shown
        }
        isSourceAtEnd = true
        return nil
    }

    private mutating func nextRegular(
        _ rate: Rational,
        _ pull: () throws(FFmpegError) -> Timed<Content>?
    ) throws(FFmpegError) -> Timed<Content>? {
        let frame = rate.reciprocal
        let time = Rational(index) * frame
        let middle = Rational(2 * index + 1, 2) * frame
        if let duration, time >= duration { return nil }
        while !isSourceAtEnd {
            if upcoming == nil {
                upcoming = try pull().map { shown in
                    Timed(
                        time: shown.time - start,
                        duration: shown.duration,
                        content: shown.content
                    )
                }
            }
            guard let next = upcoming else {
                isSourceAtEnd = true
                break
            }
            guard next.time <= time else { break }
            current = next
            upcoming = nil
        }
        guard let shown = nearest(to: time) else { return nil }
        if isSourceAtEnd {
            let end = shown.time + shown.duration
            let isOnly = index == 0 && end > .zero
            guard middle <= end || isOnly else { return nil }
        }
        index += 1
        return Timed(time: time, duration: frame, content: shown.content)
    }

    private func nearest(to time: Rational) -> Timed<Content>? {
        guard let current, let upcoming else { return current ?? upcoming }
        return upcoming.time - time < time - current.time ? upcoming : current
    }
}
