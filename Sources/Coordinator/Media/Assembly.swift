package import FFmpeg
package import WireProtocol

/// Writes a job's output from its decoded frames, with the source's sound for the same span.
///
/// The output starts with the first frame, wherever that is in the source, and the sound is cut to
/// match. Frames are held one chunk at a time.
package struct Assembly: Sendable {
    private let video: JobVideo
    private let times: [Rational]

    /// An assembly.
    ///
    /// - Parameters:
    ///   - job: The specification.
    ///   - times: When each frame is shown, as planning reported them; at least one.
    /// - Throws: `JobMediaError` if a number is out of range.
    package init(_ job: JobSpecification, times: [Rational]) throws(JobMediaError) {
        precondition(!times.isEmpty, "\(job.output) of no frames")
        video = try JobVideo(job)
        self.times = times
    }

    /// Encodes all frames, verifies the file and gives it its name; nothing is there before.
    ///
    /// - Parameters:
    ///   - isAbandoned: Asked for each frame.
    ///   - progress: Takes the number of frames written so far, after each chunk.
    ///   - chunk: The bytes `[n, height, width, 3]` of the frames from a number on, at least one
    ///     frame and none too many.
    /// - Returns: What is in the file; nil if it was abandoned.
    /// - Throws: `JobMediaError` if the output cannot be written, or chunks do not fit; and what
    ///   `chunk` throws.
    package func run(
        isAbandoned: () -> Bool,
        progress: (Int) -> Void,
        chunk: (Int) throws -> [UInt8]
    ) throws -> WrittenVideo? {
        let writer = try media { () throws(FFmpegError) in
            try VideoWriter(video.output, video.settings(times: times))
        }
        let (width, height) = (video.request.width, video.request.height)
        let frameBytes = width * height * 3
        while writer.frameCount < times.count {
            let first = writer.frameCount
            let bytes = try chunk(first)
            let count = bytes.count / frameBytes
            guard count > 0, count * frameBytes == bytes.count, first + count <= times.count else {
                throw JobMediaError(
                    "frames from \(first) of \(times.count): \(bytes.count) bytes are no frames of "
                        + "\(width)x\(height)"
                )
            }
            for index in 0..<count {
                if isAbandoned() { return nil }
                let pixels = Array(bytes[index * frameBytes..<(index + 1) * frameBytes])
                let frame = VideoFrame(
                    time: times[first + index] - times[0],
                    duration: duration(of: first + index),
                    width: width,
                    height: height,
                    pixels: pixels
                )
                try media { () throws(FFmpegError) in try writer.append(frame) }
            }
            progress(writer.frameCount)
        }
        return try media { () throws(FFmpegError) in try writer.finish() }
    }

    /// To the next frame, or to the end of the source.
    private func duration(of frame: Int) -> Rational? {
        frame + 1 < times.count
            ? times[frame + 1] - times[frame] : video.lastDuration(at: times[frame])
    }

    private func media<Value>(
        _ body: () throws(FFmpegError) -> Value
    ) throws(JobMediaError) -> Value {
        do {
            return try body()
        } catch {
            throw JobMediaError("\(error)")
        }
    }
}
