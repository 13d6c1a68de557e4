/// Which frames of a source are wanted, and how large.
package struct FrameRequest: Hashable, Sendable {
    /// Size in pixels of the frames that come out; the upright picture is stretched to fill it.
    package let width: Int
    package let height: Int
    /// First moment that is wanted, in seconds from the first picture of the source.
    package let start: Rational
    /// Length that is wanted in seconds; nil to the end.
    package let duration: Rational?
    /// Frames a second; nil takes every picture of the source at its own time.
    package let frameRate: Rational?

    /// Sides up to this are read and written.
    package static let sideMax = 16384
    /// Moments up to this many seconds, four days, are told apart exactly.
    package static let secondsMax = 400_000
    /// Fractions of a second and of a rate are exact up to this denominator.
    package static let denominatorMax = 1_000_000

    /// A request that is in range.
    ///
    /// - Parameters:
    ///   - width: 1 to 16384.
    ///   - height: 1 to 16384.
    ///   - start: 0 to 400 000 s.
    ///   - duration: Above 0 and up to 400 000 s.
    ///   - frameRate: 1/1000 to 1000.
    /// - Throws: `FrameRequestError` for the number that is not in range.
    package init(
        width: Int,
        height: Int,
        start: Rational = .zero,
        duration: Rational? = nil,
        frameRate: Rational? = nil
    ) throws(FrameRequestError) {
        let sides = 1...Self.sideMax
        guard sides.contains(width), sides.contains(height) else {
            throw FrameRequestError(
                "size \(width)x\(height): expected sides of 1 to \(Self.sideMax) pixels"
            )
        }
        try Self.check(start, "start", in: .zero...Rational(Int64(Self.secondsMax)))
        if let duration {
            let shortest = Rational(1, Int64(Self.denominatorMax))
            try Self.check(duration, "duration", in: shortest...Rational(Int64(Self.secondsMax)))
        }
        if let frameRate {
            try Self.check(frameRate, "frame rate", in: Rational(1, 1000)...Rational(1000))
        }
        self.width = width
        self.height = height
        self.start = start
        self.duration = duration
        self.frameRate = frameRate
    }

    /// The same frames at another size.
    package func resized(width: Int, height: Int) throws(FrameRequestError) -> FrameRequest {
        try FrameRequest(
            width: width,
            height: height,
            start: start,
            duration: duration,
            frameRate: frameRate
        )
    }

    private static func check(
        _ value: Rational,
        _ name: String,
        in range: ClosedRange<Rational>
    ) throws(FrameRequestError) {
        guard range.contains(value) else {
            throw FrameRequestError(
                "\(name) \(value): expected \(range.lowerBound) to \(range.upperBound)"
            )
        }
        guard value.denominator <= Int64(denominatorMax) else {
            throw FrameRequestError(
                "\(name) \(value): expected a denominator of at most \(denominatorMax)"
            )
        }
        // The numerator matters for rates, whose reciprocals are times.
        guard name != "frame rate" || value.numerator <= Int64(denominatorMax) else {
            throw FrameRequestError(
                "\(name) \(value): expected a numerator of at most \(denominatorMax)"
            )
        }
    }
}

/// A request for frames that cannot be: one sentence with the number and its range.
package struct FrameRequestError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
