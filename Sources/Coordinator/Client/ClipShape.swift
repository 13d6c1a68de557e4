package import FFmpeg

/// What a job's defaults and checks need of its input.
package struct ClipShape: Hashable, Sendable {
    /// Width over height of the upright picture as it is shown.
    package let aspect: Double
    /// In seconds; nil if the file does not say.
    package let length: Rational?

    package init(aspect: Double, length: Rational?) {
        precondition(aspect > 0, "a picture of the shape \(aspect)")
        self.aspect = aspect
        self.length = length
    }

    package init(_ media: MediaInfo) {
        let video = media.video
        self.init(
            aspect: Self.aspect(
                storedWidth: video.storedWidth,
                storedHeight: video.storedHeight,
                pixelAspect: video.pixelAspect,
                rotationDegrees: video.rotationDegrees
            ),
            length: video.duration ?? media.duration
        )
    }

    /// The shape of pixels is that of the stored picture, before it is turned.
    package static func aspect(
        storedWidth: Int,
        storedHeight: Int,
        pixelAspect: Rational,
        rotationDegrees: Int
    ) -> Double {
        let stored = Double(storedWidth) * pixelAspect.double / Double(storedHeight)
        return rotationDegrees % 180 == 0 ? stored : 1 / stored
    }
}
