import CFFmpeg

/// How a video is written.
package struct VideoSettings: Hashable, Sendable {
    package enum Codec: String, CaseIterable, Hashable, Sendable {
        case h264
        case hevc
        /// Without loss, in RGB.
        case ffv1
        /// ProRes 422 HQ.
        case prores
        /// A folder of PNG pictures.
        case png
    }

    /// How red, green and blue become luma and chroma, and what the file says they are.
    package enum Colour: Hashable, Sendable {
        case bt601
        case bt709
    }

    package var codec: Codec
    /// The encoder's constant rate factor; nil is its default.
    package var rateFactor: Int?
    /// Size of the frames in pixels.
    ///
    /// An odd side of a codec with halved chroma is made even by repeating the last row or column.
    package var width: Int
    package var height: Int
    /// Seconds that the file counts time in; all times are rounded to it.
    package var timeUnit: Rational
    /// Frames a second, or their average, which encoders plan their rate by; nil if unknown.
    package var frameRate: Rational?
    package var colour: Colour
    /// Where sound is copied from; nil writes none.
    package var sound: SoundSource?

    /// Settings.
    ///
    /// - Parameters:
    ///   - codec: What encodes the pictures.
    ///   - width: 1 to 16384.
    ///   - height: 1 to 16384.
    ///   - timeUnit: Both parts below 2^31; `timeUnit(of:)` finds one in which times are exact.
    ///   - frameRate: Frames a second.
    ///   - colour: What the file says; by default what players assume of that size.
    ///   - rateFactor: The encoder's.
    ///   - sound: Where from.
    package init(
        _ codec: Codec,
        width: Int,
        height: Int,
        timeUnit: Rational,
        frameRate: Rational? = nil,
        colour: Colour? = nil,
        rateFactor: Int? = nil,
        sound: SoundSource? = nil
    ) {
        let sides = 1...FrameRequest.sideMax
        precondition(sides.contains(width) && sides.contains(height), "\(width)x\(height)")
        precondition(timeUnit > .zero, "times in units of \(timeUnit)")
        self.codec = codec
        self.width = width
        self.height = height
        self.timeUnit = timeUnit
        self.frameRate = frameRate
        let usual = PictureFormat.usualMatrix(width: width, height: height)
        self.colour = colour ?? (usual == AVCOL_SPC_BT709 ? .bt709 : .bt601)
        self.rateFactor = rateFactor
        self.sound = sound
    }

    /// The largest unit in which all of `times` are whole numbers, or a microsecond if that has
    /// more than a million parts to the second.
    package static func timeUnit(of times: some Sequence<Rational>) -> Rational {
        let finest: Int64 = 1_000_000
        var denominator: Int64 = 1
        for time in times {
            // The fraction of the two denominators in lowest terms: what is missing is below.
            let missing = Rational(denominator, time.denominator).denominator
            guard missing <= finest, denominator * missing <= finest else {
                return Rational(1, finest)
            }
            denominator *= missing
        }
        return Rational(1, denominator)
    }
}

/// The sound of a span of a file.
package struct SoundSource: Hashable, Sendable {
    package let path: String
    /// In seconds from the first picture of the file.
    package let start: Rational
    /// In seconds; nil to the end of the sound.
    package let duration: Rational?

    package init(path: String, start: Rational = .zero, duration: Rational? = nil) {
        self.path = path
        self.start = start
        self.duration = duration
    }
}
