import FFmpeg
import Models
import Pipelines
import Synchronization
package import Tensors

/// Clips of a user's own videos and pictures.
///
/// Each file offers `variations` clips: where one begins and which part of the picture it shows are
/// functions of the file's place in the folder and the clip's number. Their number is bounded so
/// that what frozen networks make of them can be kept. Files are drawn evenly.
package final class FolderSource: ClipSource {
    package let folder: MediaFolder
    private let variations: Range<Int>
    private let style: FramePlacement.Style
    private let skipped: @Sendable (String) -> Void
    /// Files that were reported: it decides about nothing but messages.
    private let reported = Mutex<Set<Int>>([])

    /// Looks through a folder.
    ///
    /// - Parameters:
    ///   - path: The folder.
    ///   - variations: Clips a file.
    ///   - style: Which parts of pictures are shown.
    ///   - skipped: Is told, once a file, which cannot be read and why.
    /// - Throws: As `MediaFolder` does.
    package init(
        _ path: String,
        variations: Int = 16,
        style: FramePlacement.Style = .random,
        skipped: @escaping @Sendable (String) -> Void
    ) throws {
        precondition(variations > 0, "\(variations) clips a file")
        folder = try MediaFolder(path, skipped: skipped)
        self.variations = 0..<variations
        self.style = style
        self.skipped = skipped
    }

    private init(
        _ folder: MediaFolder,
        _ variations: Range<Int>,
        _ style: FramePlacement.Style,
        _ skipped: @escaping @Sendable (String) -> Void
    ) {
        self.folder = folder
        self.variations = variations
        self.style = style
        self.skipped = skipped
    }

    /// The same files at times and places of which this one has none.
    package var otherParts: FolderSource {
        let next = variations.upperBound
        return FolderSource(folder, next..<next + variations.count, style, skipped)
    }

    package func draw(
        _ generator: inout KeyedGenerator,
        _ request: ClipRequest
    ) throws -> ClipKey {
        let usable = folder.items.indices.filter { index in
            let item = folder.items[index]
            return item.frames >= request.span && (!request.needsCaption || item.caption != nil)
        }
        guard !usable.isEmpty else {
            let kind = request.frames == 1 ? "file" : "video of at least \(request.span) frames"
            let captioned = request.needsCaption ? " with a caption" : ""
            throw TrainingError(.data("\(folder.path): no \(kind)\(captioned)"))
        }
        return ClipKey(
            item: usable[generator.integer(below: usable.count)],
            variation: variations.lowerBound + generator.integer(below: variations.count)
        )
    }

    package func clip(_ key: ClipKey, _ request: ClipRequest) throws -> TrainingClip? {
        let item = folder.items[key.item]
        var generator = Draw(seed: 0, step: key.item).stream("variation", key.variation)
        let placement = FramePlacement(
            source: (item.width, item.height),
            target: (request.width, request.height),
            style,
            &generator
        )
        let first = generator.integer(below: item.frames - request.span + 1)
        do throws(FFmpegError) {
            let frames =
                item.isVideo
                ? try Self.frames(of: item, from: first, request, placement)
                : [try Self.picture(of: item, placement)]
            guard frames.count == request.frames else {
                report(key.item, "\(item.path): ends before frame \(first + request.span)")
                return nil
            }
            return TrainingClip(
                pictures: Pictures(
                    count: frames.count,
                    height: request.height,
                    width: request.width,
                    bytes: frames.flatMap {
                        placement.cut($0, width: request.width, height: request.height)
                    }
                ),
                caption: item.caption
            )
        } catch {
            report(key.item, "\(error)")
            return nil
        }
    }

    /// Every `stride`th frame from frame `first` on, scaled; fewer where the file ends.
    private static func frames(
        of item: MediaFolder.Item,
        from first: Int,
        _ request: ClipRequest,
        _ placement: FramePlacement
    ) throws(FFmpegError) -> [RGBImage] {
        let whole: FrameRequest
        do throws(FrameRequestError) {
            whole = try FrameRequest(width: placement.width, height: placement.height)
        } catch {
            let reason = error.description
            throw FFmpegError(.invalid(reason: reason), operation: "read", file: item.path)
        }
        let reader = try FrameReader(item.path, whole)
        // Half a frame early, so that rounded times do not skip the frame that is meant.
        if first > 0, let rate = item.frameRate {
            try reader.seek(to: Rational(Int64(2 * first - 1), 2) * rate.reciprocal)
        }
        var images: [RGBImage] = []
        var index = 0
        while images.count < request.frames, let frame = try reader.next() {
            if index % request.stride == 0 {
                images.append(
                    RGBImage(width: frame.width, height: frame.height, pixels: frame.pixels)
                )
            }
            index += 1
        }
        // A decoder that makes up what is missing would teach its inventions.
        return reader.damage.isNone ? images : []
    }

    private static func picture(
        of item: MediaFolder.Item,
        _ placement: FramePlacement
    ) throws(FFmpegError) -> RGBImage {
        let frame = try StillImage.read(item.path, sideMax: FrameRequest.sideMax)
        return PILResampler.resize(
            RGBImage(width: frame.width, height: frame.height, pixels: frame.pixels),
            width: placement.width,
            height: placement.height,
            .bicubic
        )
    }

    private func report(_ item: Int, _ sentence: String) {
        let isNew = reported.withLock { $0.insert(item).inserted }
        if isNew { skipped(sentence) }
    }
}
