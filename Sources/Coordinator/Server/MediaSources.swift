import Dispatch
import FFmpeg
import Tensors
import WireProtocol

/// The pictures of one job that its units are given.
final class MediaSources: Sendable {
    /// On which they are read: a decoder goes forward best, so one after the other.
    let queue = DispatchQueue(label: "weft.sources")
    private let frames: SourceFrames
    private let mask: MaskFrames?

    /// Opens nothing yet.
    ///
    /// - Throws: `JobMediaError` if a number of the job is out of range.
    init(_ job: JobSpecification) throws(JobMediaError) {
        let video = try JobVideo(job)
        frames = SourceFrames(video)
        let scale = Int(job.latentScale)
        mask = try job.mask.map { path throws(JobMediaError) in
            try MaskFrames(path, of: video, latentScale: scale)
        }
    }

    /// The bytes of an input.
    ///
    /// - Parameters:
    ///   - name: `frames` or `mask`.
    ///   - times: Of the unit's frames, as planning reported them.
    /// - Returns: The tensor's, as `InputDescription` has it.
    /// - Throws: `JobMediaError` if a file cannot be read or is not what was planned.
    func bytes(of name: String, at times: [Rational]) throws(JobMediaError) -> [UInt8] {
        guard name == "mask" else { return try frames.read(times) }
        guard let mask else { preconditionFailure("a job without a mask has no such input") }
        return try mask.read(times).littleEndianBytes
    }
}
