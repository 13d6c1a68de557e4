import CFFmpeg
import Glibc

/// Pictures that are files of their own.
package enum StillImage {
    /// Reads a picture of any format that the installed libraries know, or the first of a video,
    /// upright and in RGB.
    ///
    /// Alpha is ignored: colours are taken as they are stored.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - sideMax: A larger picture is made smaller until no side is longer, in pixels.
    /// - Returns: At time 0.
    /// - Throws: `FFmpegError` if the file is missing, no picture, or larger than 16384 x 16384.
    package static func read(_ path: String, sideMax: Int) throws(FFmpegError) -> VideoFrame {
        precondition(sideMax > 0, "a picture of at most \(sideMax) pixels")
        let decoder = try PictureDecoder(path)
        guard let picture = try decoder.next()?.picture else {
            let reason = "the picture cannot be decoded"
            throw FFmpegError(.invalid(reason: reason), operation: "read", file: path)
        }
        let orientation = decoder.orientation(of: picture)
        let format = PictureFormat(picture)
        let longer = max(format.width, format.height)
        let scale = min(1, Double(sideMax) / Double(longer))
        let width = max(1, Int((Double(format.width) * scale).rounded()))
        let height = max(1, Int((Double(format.height) * scale).rounded()))
        let size = orientation.isTransposed ? (height, width) : (width, height)
        let chain = format.chain(
            width: size.0,
            height: size.1,
            orientation: orientation,
            isInterlaced: false
        )
        let filters = try FilterGraph(chain, of: format, file: path)
        try filters.push(picture, number: 0)
        try filters.finish()
        guard let (result, _) = try filters.pull() else {
            preconditionFailure("\(path): the filters keep a picture")
        }
        return VideoFrame(time: .zero, width: size.0, height: size.1, pixels: result.rgb())
    }

    /// Writes a frame as a PNG picture: whoever looks sees the old file or the new, never a part.
    ///
    /// - Throws: `FFmpegError` if it cannot be written; what was there then stays.
    package static func writePNG(_ frame: VideoFrame, to path: String) throws(FFmpegError) {
        let bytes = try encodePNG(frame, file: path)
        let output = try TemporaryOutput(replacing: path)
        try write(bytes, to: output.temporaryPath, for: path)
        try output.commit()
    }

    /// The bytes of a PNG file.
    static func encodePNG(_ frame: VideoFrame, file: String) throws(FFmpegError) -> [UInt8] {
        let settings = VideoSettings(
            .png,
            width: frame.width,
            height: frame.height,
            timeUnit: Rational(1)
        )
        let encoder = try PictureEncoder(settings, hasGlobalHeader: false, file: file)
        var bytes: [UInt8] = []
        let take = { (packet: UnsafeMutablePointer<AVPacket>) in
            let size = unsafe Int(packet.pointee.size)
            bytes += unsafe Array(UnsafeBufferPointer(start: packet.pointee.data, count: size))
        }
        try unsafe encoder.encode(frame, at: 0, lasting: 1, write: take)
        try unsafe encoder.finish(write: take)
        return bytes
    }

    /// Writes a new file, or all of one that is empty, and syncs it.
    static func write(_ bytes: [UInt8], to file: String, for path: String) throws(FFmpegError) {
        let descriptor = unsafe open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw TemporaryOutput.failure("create", path) }
        defer { close(descriptor) }
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[written...])
                return unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
            }
            guard count >= 0 else {
                if errno == EINTR { continue }
                throw TemporaryOutput.failure("write", path)
            }
            written += count
        }
        guard fsync(descriptor) == 0 else { throw TemporaryOutput.failure("sync", path) }
    }
}
