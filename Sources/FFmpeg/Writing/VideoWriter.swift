import CFFmpeg

/// A video being written, under a hidden name until it is complete and verified; one thread at a
/// time.
///
/// If it is let go before `finish`, or anything fails, what was written is removed, and what had
/// the output's name before stays. The container goes by the name's end: .mp4, .mov and .mkv keep
/// exact times (.mkv to the millisecond). PNG pictures go into a folder of the output's name, as
/// `00000.png` and on, and have neither times nor sound.
package final class VideoWriter {
    private enum Target {
        case movie(MovieFile)
        case folder(PictureFolder)
    }

    package let path: String
    package let settings: VideoSettings
    /// Frames appended so far.
    package private(set) var frameCount = 0

    private let output: TemporaryOutput
    private let target: Target
    private var last: (ticks: Int64, duration: Int64)?
    private var firstTicks: Int64 = 0
    private var isFinished = false

    /// Opens the encoder and creates the hidden file: settings that cannot be are refused here.
    ///
    /// - Parameters:
    ///   - path: The output.
    ///   - settings: How it is written.
    /// - Throws: `FFmpegError` if the output's folder is missing or not writable, the container
    ///   cannot hold the codec, no encoder is installed, or the sound's source cannot be read.
    package init(_ path: String, _ settings: VideoSettings) throws(FFmpegError) {
        av_log_set_level(AV_LOG_QUIET)
        self.path = path
        self.settings = settings
        output = try TemporaryOutput(replacing: path, isFolder: settings.codec == .png)
        if settings.codec == .png {
            guard settings.sound == nil else {
                let reason = "pictures hold no sound"
                throw FFmpegError(.invalid(reason: reason), operation: "write", file: path)
            }
            target = .folder(try PictureFolder(settings, output.temporaryPath, for: path))
        } else {
            target = .movie(try MovieFile(settings, to: output.temporaryPath, for: path))
        }
    }

    /// Encodes the next frame.
    ///
    /// - Parameter frame: Of the settings' size, at a time after the frame before; without a
    ///   duration it is shown as long as the frame before was.
    /// - Throws: `FFmpegError` if it is not after the frame before, or encoding or writing fails,
    ///   for instance on a full disk.
    package func append(_ frame: VideoFrame) throws(FFmpegError) {
        precondition(!isFinished, "\(path) is finished")
        let unit = settings.timeUnit
        let ticks = frame.time.count(of: unit)
        let usual = settings.frameRate.map { $0.reciprocal.count(of: unit) } ?? 1
        var duration = frame.duration?.count(of: unit) ?? usual
        if let last {
            guard ticks > last.ticks else {
                let reason =
                    "frame \(frameCount) at \(frame.time) s is not after the frame before, in "
                    + "units of \(unit) s"
                throw FFmpegError(.invalid(reason: reason), operation: "write", file: path)
            }
            if frame.duration == nil { duration = ticks - last.ticks }
        } else {
            firstTicks = ticks
        }
        duration = max(1, duration)
        switch target {
        case .movie(let movie): try movie.append(frame, at: ticks, lasting: duration)
        case .folder(let folder): try folder.append(frame)
        }
        last = (ticks, duration)
        frameCount += 1
    }

    /// Completes the output, reads it again, and gives it its name; returns after all is on the
    /// disk.
    ///
    /// - Returns: What is in the file, as read from it.
    /// - Throws: `FFmpegError` if writing fails, or frames or times in the file are not those that
    ///   were appended; then there is no output.
    package func finish() throws(FFmpegError) -> WrittenVideo {
        precondition(!isFinished, "\(path) is finished")
        isFinished = true
        guard let last else {
            let reason = "there is no frame to write"
            throw FFmpegError(.invalid(reason: reason), operation: "write", file: path)
        }
        let unit = settings.timeUnit
        let first = Rational(ticks: firstTicks, of: unit) ?? .zero
        let final = Rational(ticks: last.ticks, of: unit) ?? .zero
        let written: WrittenVideo
        switch target {
        case .movie(let movie):
            try movie.finish()
            written = try WrittenVideo(reading: output.temporaryPath)
        case .folder(let folder):
            written = try folder.finish(from: first, to: final)
        }
        try check(written, first, final)
        try output.commit()
        return written
    }

    private func check(
        _ written: WrittenVideo,
        _ first: Rational,
        _ last: Rational
    ) throws(FFmpegError) {
        // Matroska counts in milliseconds.
        let tolerance = Rational(1, 1000)
        func differs(_ a: Rational, _ b: Rational) -> Bool {
            a < b - tolerance || a > b + tolerance
        }
        let reason: String
        if written.frameCount != frameCount {
            reason = "verification found \(written.frameCount) of \(frameCount) frames"
        } else if differs(written.firstTime, first) {
            reason = "verification found the first frame at \(written.firstTime), not \(first) s"
        } else if differs(written.lastTime, last) {
            reason = "verification found the last frame at \(written.lastTime), not \(last) s"
        } else if written.isBroken {
            reason = "verification could not read it to the end"
        } else {
            return
        }
        throw FFmpegError(.invalid(reason: reason), operation: "write", file: path)
    }
}
