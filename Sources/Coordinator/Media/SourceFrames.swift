package import FFmpeg
import Synchronization

/// The frames of a job's video, by number; one decoder that goes forward where it can.
///
/// Holds the last frames that were read, up to `keptBytesMax`: windows overlap, so that most frames
/// are asked for twice in a row.
package final class SourceFrames: Sendable {
    package static let keptBytesMax = 64 << 20
    /// Frames that are decoded and dropped before a jump is taken.
    private static let skippedMax = 48

    private let video: JobVideo
    private let state = Mutex(State())

    private struct State {
        var reader: FrameReader?
        /// The last frames that the reader gave, in order.
        var kept: [VideoFrame] = []
    }

    package init(_ video: JobVideo) {
        self.video = video
    }

    /// Frames of the source.
    ///
    /// - Parameter times: Of frames that follow each other, as planning reported them.
    /// - Returns: `[times.count, height, width, 3]`.
    /// - Throws: `JobMediaError` if the input cannot be read or is not what was planned.
    package func read(_ times: [Rational]) throws(JobMediaError) -> [UInt8] {
        let outcome = state.withLock { state in
            Result { () throws(JobMediaError) in try read(times, &state) }
        }
        return try outcome.get()
    }

    private func read(
        _ times: [Rational],
        _ state: inout State
    ) throws(JobMediaError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(times.count * video.request.width * video.request.height * 3)
        do {
            for time in times { bytes += try frame(at: time, &state).pixels }
        } catch let error as JobMediaError {
            throw error
        } catch {
            throw JobMediaError("\(error)")
        }
        return bytes
    }

    private func frame(at time: Rational, _ state: inout State) throws -> VideoFrame {
        if let kept = state.kept.first(where: { $0.time == time }) { return kept }
        if let reader = state.reader {
            if try !isNear(time, state) {
                state.kept = []
                try reader.seek(to: time)
            }
            if let frame = try advance(reader, to: time, &state) { return frame }
        }
        // Not there after a jump: what counts is what comes from the start, as when planning.
        let reader = try FrameReader(video.input, video.request)
        state.reader = reader
        state.kept = []
        if let frame = try advance(reader, to: time, &state) { return frame }
        throw JobMediaError(
            "\(video.input) has no frame at \(time.double) s any more: it is not what was planned"
        )
    }

    /// Whether the next frames of the reader reach a time soon.
    private func isNear(_ time: Rational, _ state: State) throws -> Bool {
        guard let first = state.kept.first, let last = state.kept.last else { return false }
        guard time > last.time, state.kept.count > 1 else { return time > last.time }
        let gap = (last.time - first.time).double / Double(state.kept.count - 1)
        return (time - last.time).double <= gap * Double(Self.skippedMax)
    }

    private func advance(
        _ reader: FrameReader,
        to time: Rational,
        _ state: inout State
    ) throws -> VideoFrame? {
        while let frame = try reader.next() {
            let size = frame.pixels.count
            if (state.kept.count + 1) * size > Self.keptBytesMax, !state.kept.isEmpty {
                state.kept.removeFirst()
            }
            state.kept.append(frame)
            if frame.time == time { return frame }
            if frame.time > time { return nil }
        }
        return nil
    }
}
