package import FFmpeg
package import Pipelines

/// A clip decoded for measuring.
package struct DecodedClip: Sendable {
    package let path: String
    package let pictures: Pictures
    /// Frames that start a shot, the first left out.
    package let cuts: [Int]
    /// Whether the file has more frames than were read.
    package let hasMore: Bool

    /// Bytes of a clip that are kept in memory at most.
    package static let bytesLimit = 2 << 30

    package init(path: String, pictures: Pictures, cuts: [Int], hasMore: Bool = false) {
        self.path = path
        self.pictures = pictures
        self.cuts = cuts
        self.hasMore = hasMore
    }

    /// Decodes a file and finds its cuts.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - request: Which of its frames, and their size.
    ///   - framesLimit: More are not read; nil takes all.
    ///   - bytesLimit: More is refused.
    /// - Returns: At least one frame.
    /// - Throws: `FFmpegError`; `InputError` if there is no frame, or too much.
    package static func read(
        _ path: String,
        _ request: FrameRequest,
        framesLimit: Int? = nil,
        bytesLimit: Int = DecodedClip.bytesLimit
    ) throws -> DecodedClip {
        let reader = try FrameReader(path, request)
        var bytes: [UInt8] = []
        var count = 0
        var hasMore = false
        while let frame = try reader.next() {
            guard count < framesLimit ?? .max else {
                hasMore = true
                break
            }
            guard bytes.count + frame.pixels.count <= bytesLimit else {
                throw InputError(
                    "\(path): more than \(count) frames of \(request.width)x\(request.height) are "
                        + "more than \(bytesLimit >> 20) MiB; measure the first with --frames, or "
                        + "smaller with --size"
                )
            }
            bytes += frame.pixels
            count += 1
        }
        guard count > 0 else {
            throw InputError("\(path): no frame in the part that was asked for")
        }
        let scanner = try ShotScanner(path, request)
        var cuts: [Int] = []
        var index = 0
        while index < count, let frame = try scanner.next() {
            if frame.startsShot, index > 0 { cuts.append(index) }
            index += 1
        }
        return DecodedClip(
            path: path,
            pictures: Pictures(
                count: count,
                height: request.height,
                width: request.width,
                bytes: bytes
            ),
            cuts: cuts,
            hasMore: hasMore
        )
    }

    /// The shots that the cuts make.
    package var shots: [Range<Int>] {
        let starts = [0] + cuts
        return zip(starts, cuts + [pictures.count]).map { $0..<$1 }
    }
}
