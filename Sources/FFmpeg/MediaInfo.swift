/// What a media file says about itself, before any picture is decoded.
package struct MediaInfo: Hashable, Sendable {
    /// The container's names, such as `mov,mp4,m4a,3gp,3g2,mj2`.
    package let container: String
    /// Length in seconds; nil if the file does not say.
    package let duration: Rational?
    /// The moving picture that a job is about: the first that is not a cover image.
    package let video: VideoStreamInfo
    package let audio: [AudioStreamInfo]
}

/// A stream of pictures.
package struct VideoStreamInfo: Hashable, Sendable {
    /// Position among all streams of the file.
    package let index: Int
    package let codec: String
    /// Size of the stored picture in pixels, before rotation.
    package let storedWidth: Int
    package let storedHeight: Int
    /// Quarter turns clockwise that show the picture upright: 0, 90, 180 or 270 degrees.
    package let rotationDegrees: Int
    /// Width of a stored pixel over its height; 1 if the file does not say.
    package let pixelAspect: Rational
    /// Such as `yuv420p10le`.
    package let pixelFormat: String
    /// Bits of the first component, 8 for most files.
    package let bitDepth: Int
    /// Whether black is 0 rather than 16 (in 8 bits).
    package let isFullRange: Bool
    /// Pictures per second; an average if the rate varies, nil if the file does not say.
    package let frameRate: Rational?
    /// Unit of the stream's timestamps in seconds.
    package let timeBase: Rational
    /// Length in seconds; nil if the file does not say.
    package let duration: Rational?
    /// Pictures as counted by the container; nil if it does not count.
    package let frameCount: Int?

    /// Width of the upright picture in pixels.
    package var width: Int { rotationDegrees % 180 == 0 ? storedWidth : storedHeight }
    /// Height of the upright picture in pixels.
    package var height: Int { rotationDegrees % 180 == 0 ? storedHeight : storedWidth }
}

/// A stream of sound.
package struct AudioStreamInfo: Hashable, Sendable {
    /// Position among all streams of the file.
    package let index: Int
    package let codec: String
    /// Samples per second.
    package let sampleRate: Int
    /// Length in seconds; nil if the file does not say.
    package let duration: Rational?
}
