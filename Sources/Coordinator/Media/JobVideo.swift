package import FFmpeg
package import WireProtocol

/// A job's input or output that cannot be used: one sentence that names the file and says why.
package struct JobMediaError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// What a job reads and writes, judged and in the terms of the media library.
package struct JobVideo: Hashable, Sendable {
    /// The source.
    package let input: String
    /// The file, or for PNG the folder, that is made.
    package let output: String
    /// Frames of the source that are the job's video.
    package let request: FrameRequest
    package let codec: VideoSettings.Codec
    private let rateFactor: Int?
    private let hasSound: Bool
    private let image: String?
    private let mask: String?

    /// Takes what concerns media from a specification.
    ///
    /// - Throws: `JobMediaError` if a number is out of range or the codec is unknown.
    package init(_ job: JobSpecification) throws(JobMediaError) {
        guard let codec = VideoSettings.Codec(rawValue: job.codec) else {
            let known = VideoSettings.Codec.allCases.map(\.rawValue).joined(separator: ", ")
            throw JobMediaError("codec \(job.codec): expected one of \(known)")
        }
        do {
            request = try FrameRequest(
                width: Int(job.width),
                height: Int(job.height),
                start: Self.rational(job.start, "start"),
                duration: job.duration.map { value throws(JobMediaError) in
                    try Self.rational(value, "duration")
                },
                frameRate: job.frameRate.map { value throws(JobMediaError) in
                    try Self.rational(value, "frame rate")
                }
            )
        } catch {
            throw JobMediaError("\(error)")
        }
        self.codec = codec
        input = job.input
        output = job.output
        rateFactor = job.rateFactor.map(Int.init)
        hasSound = job.copiesSound && codec != .png
        image = job.image
        mask = job.mask
    }

    /// Reads the first picture of each file that the job reads, and opens and removes the output.
    ///
    /// - Throws: `JobMediaError` for the first that cannot be used.
    package func check() throws(JobMediaError) {
        do {
            _ = try FrameReader(input, request)
            if let image { _ = try StillImage.read(image, sideMax: ContentImage.sideMax) }
            if let mask { _ = try StillImage.read(mask, sideMax: ContentImage.sideMax) }
            _ = try VideoWriter(output, settings(times: [.zero]))
        } catch {
            throw JobMediaError("\(error)")
        }
    }

    /// How the output is written.
    ///
    /// - Parameter times: When each frame is shown, in seconds from the start of the request, at
    ///   least one; the output starts with the first.
    /// - Returns: With a unit in which the times are exact.
    package func settings(times: [Rational]) -> VideoSettings {
        precondition(!times.isEmpty, "\(output) of no frames")
        let rate = rate(times)
        let shifted = times.lazy.map { $0 - times[0] }
        var sound: SoundSource?
        if hasSound {
            sound = SoundSource(
                path: input,
                start: request.start + times[0],
                duration: request.duration.map { $0 - times[0] }
            )
        }
        return VideoSettings(
            codec,
            width: request.width,
            height: request.height,
            timeUnit: VideoSettings.timeUnit(of: [rate.reciprocal] + shifted),
            frameRate: rate,
            rateFactor: rateFactor,
            sound: sound
        )
    }

    /// How long the last frame is shown, by the length that the source says.
    ///
    /// - Parameter time: Of the last frame, as planning reported it.
    /// - Returns: In seconds; nil if only the frame before can tell.
    package func lastDuration(at time: Rational) -> Rational? {
        if let rate = request.frameRate { return rate.reciprocal }
        guard let length = (try? MediaInfo.probe(input))?.video.duration,
            length < Rational(Int64(FrameRequest.secondsMax)), length.denominator <= 1 << 24
        else { return nil }
        var rest = length - request.start - time
        if let duration = request.duration { rest = min(rest, duration - time) }
        // What a container says of its length may be rounded, or wrong.
        return rest > Rational(1, 1000) && rest < Rational(60) ? rest : nil
    }

    /// Frames a second, or the average in thousandths if they vary.
    private func rate(_ times: [Rational]) -> Rational {
        if let rate = request.frameRate { return rate }
        guard times.count > 1, let last = times.last else {
            // One picture lasts as long as those of its source.
            let said = try? MediaInfo.probe(input).video.frameRate
            return said.flatMap { $0 } ?? Rational(25)
        }
        let gap = times[1] - times[0]
        let isRegular = zip(times, times.dropFirst()).allSatisfy { $1 - $0 == gap }
        if isRegular, gap.numerator < Int32.max { return gap.reciprocal }
        let average = Double(times.count - 1) / (last - times[0]).double
        return Rational(max(1, Int64((min(average, 1000) * 1000).rounded())), 1000)
    }

    private static func rational(
        _ value: WireRational,
        _ name: String
    ) throws(JobMediaError) -> Rational {
        guard value.denominator > 0 else {
            throw JobMediaError("\(name) \(value.numerator)/\(value.denominator): not a number")
        }
        return Rational(value.numerator, value.denominator)
    }
}
