import Glibc

/// PNG pictures being written into a folder, one for each frame.
final class PictureFolder {
    private let folder: String
    private let path: String
    private var count = 0

    /// Pictures of a folder that is there.
    ///
    /// - Parameters:
    ///   - settings: Of the video.
    ///   - folder: Where they go.
    ///   - path: What it will be called, for errors.
    /// - Throws: `FFmpegError` if there is no encoder, or a setting that it does not have.
    init(_ settings: VideoSettings, _ folder: String, for path: String) throws(FFmpegError) {
        self.folder = folder
        self.path = path
        // Refuses what cannot be before the first frame.
        _ = try PictureEncoder(settings, hasGlobalHeader: false, file: path)
    }

    func append(_ frame: VideoFrame) throws(FFmpegError) {
        let number = "\(count)"
        let zeros = String(repeating: "0", count: max(0, 5 - number.count))
        let bytes = try StillImage.encodePNG(frame, file: path)
        let file = "\(folder)/\(zeros)\(number).png"
        try StillImage.write(bytes, to: file, for: path)
        count += 1
    }

    /// Counts the pictures that are there.
    func finish(from first: Rational, to last: Rational) throws(FFmpegError) -> WrittenVideo {
        let count = try TemporaryOutput.names(in: folder).count
        return WrittenVideo(frameCount: count, firstTime: first, lastTime: last)
    }
}
