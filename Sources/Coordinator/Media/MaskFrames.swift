package import FFmpeg
import Synchronization
package import Tensors

/// Where a job keeps its source, from a picture or a video that is white where it is repainted.
///
/// A mask fills the frame whatever its shape. A video runs along with the source: to a frame
/// belongs the picture that is shown at the frame's moment of the source, and the last one stays.
package final class MaskFrames: Sendable {
    private let path: String
    private let request: FrameRequest
    private let sourceStart: Rational
    private let latentScale: Int
    private let state = Mutex(State())

    private struct State {
        var reader: FrameReader?
        /// The picture that is shown, as a mask, and when it starts.
        var current: (time: Rational, values: [Float])?
        var upcoming: VideoFrame?
        /// Frames that the reader gave since it was opened.
        var count = 0
        var isAtEnd = false
    }

    /// The mask of a job.
    ///
    /// - Parameters:
    ///   - path: The picture or video.
    ///   - video: The job's.
    ///   - latentScale: Pixels of a latent's side, a divisor of both sides of the frame.
    /// - Throws: `JobMediaError` if the size is not a multiple of `latentScale`.
    package init(_ path: String, of video: JobVideo, latentScale: Int) throws(JobMediaError) {
        let (width, height) = (video.request.width, video.request.height)
        guard latentScale > 0, width % latentScale == 0, height % latentScale == 0 else {
            throw JobMediaError(
                "size \(width)x\(height): expected multiples of \(latentScale)"
            )
        }
        do {
            request = try FrameRequest(width: width, height: height)
        } catch {
            throw JobMediaError("\(error)")
        }
        self.path = path
        self.latentScale = latentScale
        sourceStart = video.request.start
    }

    /// The masks of frames.
    ///
    /// - Parameter times: Of the frames, as planning reported them.
    /// - Returns: `[times.count, height / scale, width / scale, 1]`, 1 where the source is kept and
    ///   0 where it is repainted; the mean over the pixels of a latent between.
    /// - Throws: `JobMediaError` if the file cannot be read.
    package func read(_ times: [Rational]) throws(JobMediaError) -> HostTensor {
        let outcome = state.withLock { state in
            Result { () throws(JobMediaError) in
                var values: [Float] = []
                for time in times { values += try mask(at: sourceStart + time, &state) }
                return values
            }
        }
        let size = [times.count, request.height / latentScale, request.width / latentScale, 1]
        return HostTensor(try outcome.get(), Shape(size))
    }

    private func mask(at time: Rational, _ state: inout State) throws(JobMediaError) -> [Float] {
        do {
            let reader = try state.reader ?? FrameReader(path, request)
            state.reader = reader
            let isStill = state.isAtEnd && state.count == 1
            if let current = state.current, current.time > time, !isStill {
                try reader.seek(toShownAt: time)
                state.current = nil
                state.upcoming = nil
                state.isAtEnd = false
                state.count = 2
            }
            while !state.isAtEnd {
                if state.upcoming == nil {
                    state.upcoming = try reader.next()
                    state.count += state.upcoming == nil ? 0 : 1
                }
                guard let next = state.upcoming else {
                    state.isAtEnd = true
                    break
                }
                guard next.time <= time || state.current == nil else { break }
                state.current = (next.time, reduced(next))
                state.upcoming = nil
            }
        } catch {
            throw JobMediaError("\(error)")
        }
        guard let current = state.current else {
            throw JobMediaError("\(path): the mask has no picture")
        }
        return current.values
    }

    /// One less the mean brightness of each latent's pixels.
    private func reduced(_ frame: VideoFrame) -> [Float] {
        let rows = frame.height / latentScale
        let columns = frame.width / latentScale
        let most = Float(latentScale * latentScale * 3 * 255)
        var values: [Float] = []
        values.reserveCapacity(rows * columns)
        for row in 0..<rows {
            for column in 0..<columns {
                var sum = 0
                for y in row * latentScale..<(row + 1) * latentScale {
                    let start = (y * frame.width + column * latentScale) * 3
                    for byte in frame.pixels[start..<start + latentScale * 3] { sum += Int(byte) }
                }
                values.append(1 - Float(sum) / most)
            }
        }
        return values
    }
}
