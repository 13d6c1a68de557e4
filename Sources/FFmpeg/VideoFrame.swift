/// One picture of a video, in RGB.
package struct VideoFrame: Hashable, Sendable {
    /// When it is shown, in seconds from the start of what was asked for.
    package let time: Rational
    /// How long it is shown in seconds; nil if nobody says.
    package let duration: Rational?
    /// Size in pixels.
    package let width: Int
    package let height: Int
    /// `[height, width, 3]`, 0 to 255, row by row from the top.
    package let pixels: [UInt8]

    /// A picture whose bytes must fit its size.
    package init(
        time: Rational,
        duration: Rational? = nil,
        width: Int,
        height: Int,
        pixels: [UInt8]
    ) {
        precondition(width > 0 && height > 0, "a picture of \(width)x\(height)")
        precondition(
            pixels.count == width * height * 3,
            "\(pixels.count) bytes cannot be a picture of \(width)x\(height)"
        )
        self.time = time
        self.duration = duration
        self.width = width
        self.height = height
        self.pixels = pixels
    }
}
