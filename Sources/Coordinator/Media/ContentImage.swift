package import FFmpeg

/// The picture whose look a job takes.
package enum ContentImage {
    /// Longer side in pixels; the network that reads it sees 224.
    package static let sideMax = 1024

    /// Reads it.
    ///
    /// - Parameter path: A picture, or a video whose first picture is taken.
    /// - Returns: Upright, at most `sideMax` on a side.
    /// - Throws: `JobMediaError` if it cannot be read.
    package static func read(_ path: String) throws(JobMediaError) -> VideoFrame {
        do {
            return try StillImage.read(path, sideMax: sideMax)
        } catch {
            throw JobMediaError("\(error)")
        }
    }
}
