/// Turns the timestamps of decoded pictures into times that ascend.
///
/// Times count in ticks from the first picture. A picture without a timestamp, or with one that no
/// file can have, comes one frame of the stream's rate after the one before. A timestamp that is
/// not after the one before is moved to one tick after it, so that the pictures that follow keep
/// their times; if it goes back by more than a second, the file was joined from pieces, and it and
/// all that follow are moved to continue.
struct PictureClock: Hashable, Sendable {
    /// A tick in seconds.
    let unit: Rational
    /// Ticks of a frame whose duration nobody says, at least 1.
    let frameTicks: Int64
    /// The timestamp of the first picture; nil before it.
    private(set) var origin: Int64?
    /// Whether a timestamp had to be changed, so that times depend on what came before.
    private(set) var hasRepaired = false

    private var previous: Moment?
    private var shift: Int64 = 0
    /// Ticks of a second, at least 1.
    private let secondTicks: Int64
    /// Ticks of the longest time from the start.
    let ticksMax: Int64
    /// Ticks of the latest first picture: of clocks that count from 1970, in the year 2096.
    private let originMax: Int64
    /// Ticks of the longest time that a picture is believed to be shown.
    private let lengthMax: Int64

    /// When a picture is shown and for how long, in ticks.
    struct Moment: Hashable, Sendable {
        var ticks: Int64
        var duration: Int64
    }

    init(unit: Rational, frameRate: Rational?) {
        precondition(unit > .zero, "a tick of \(unit) s")
        self.unit = unit
        secondTicks = max(1, Rational(1).count(of: unit))
        ticksMax = Rational(Int64(FrameRequest.secondsMax)).count(of: unit)
        // Files that do not know their rate are given that of television.
        let rate = frameRate.flatMap { $0 > Rational(1, 10) ? $0 : nil } ?? Rational(25)
        frameTicks = max(1, rate.reciprocal.count(of: unit))
        lengthMax = 3600 * secondTicks
        originMax = Rational(4_000_000_000).count(of: unit)
    }

    /// The time of the next picture in ticks from the first, and how long it is shown.
    ///
    /// - Parameters:
    ///   - timestamp: What the file says, in ticks; nil if it says nothing.
    ///   - duration: What the file says, in ticks; 0 if it says nothing.
    /// - Returns: Later than the picture before.
    mutating func advance(
        to timestamp: Int64?,
        lasting duration: Int64
    ) -> Moment {
        let length = duration > 0 && duration <= lengthMax ? duration : frameTicks
        let result = Moment(ticks: moment(of: timestamp), duration: length)
        previous = result
        return result
    }

    /// The next picture does not follow the one before.
    mutating func jump() {
        previous = nil
    }

    private mutating func moment(of timestamp: Int64?) -> Int64 {
        var known: Int64?
        if let timestamp { known = ticks(timestamp) }
        guard let previous else {
            if let known { return known }
            hasRepaired = true
            if origin == nil { origin = 0 }
            return 0
        }
        guard let known else {
            hasRepaired = true
            return previous.ticks + frameTicks
        }
        guard known <= previous.ticks else { return known }
        hasRepaired = true
        guard previous.ticks - known > secondTicks else { return previous.ticks + 1 }
        let continued = previous.ticks + frameTicks
        shift += continued - known
        return continued
    }

    /// Ticks from the first picture; nil if that is longer than any file.
    private mutating func ticks(_ timestamp: Int64) -> Int64? {
        let first = origin ?? timestamp
        guard first.magnitude <= originMax.magnitude else { return nil }
        let (relative, overflow) = timestamp.subtractingReportingOverflow(first)
        guard !overflow, relative.magnitude <= ticksMax.magnitude,
            (relative + shift).magnitude <= ticksMax.magnitude
        else { return nil }
        origin = first
        return relative + shift
    }
}
