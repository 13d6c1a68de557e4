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
    /// Places in the folder of the files that are drawn from.
    private let chosen: [Int]
    private let variations: Range<Int>
    private let style: FramePlacement.Style
    private let tell: @Sendable (String) -> Void
    /// Drawn from where none of the chosen files is of use.
    private let substitute: FolderSource?
    /// Files that were reported, -1 for the substitute: it decides about nothing but messages.
    private let reported = Mutex<Set<Int>>([])

    /// Looks through a folder.
    ///
    /// - Parameters:
    ///   - path: The folder.
    ///   - variations: Clips a file.
    ///   - style: Which parts of pictures are shown.
    ///   - tell: Is told, once a file, which is skipped and why, in one sentence.
    /// - Throws: As `MediaFolder` does.
    package convenience init(
        _ path: String,
        variations: Int = 16,
        style: FramePlacement.Style = .random,
        tell: @escaping @Sendable (String) -> Void
    ) throws {
        precondition(variations > 0, "\(variations) clips a file")
        let folder = try MediaFolder(path) { tell("skipped \($0)") }
        self.init(folder, Array(folder.items.indices), 0..<variations, style, tell)
    }

    private init(
        _ folder: MediaFolder,
        _ chosen: [Int],
        _ variations: Range<Int>,
        _ style: FramePlacement.Style,
        _ tell: @escaping @Sendable (String) -> Void,
        substitute: FolderSource? = nil
    ) {
        self.folder = folder
        self.chosen = chosen
        self.variations = variations
        self.style = style
        self.tell = tell
        self.substitute = substitute
    }

    /// Files to train on, and others to judge by.
    ///
    /// Where a request fits files of one side alone, because they are few or many too short, both
    /// draw from these, at times and places of which the other has none, and that is told.
    package var parts: (training: FolderSource, validation: FolderSource) {
        let places = HeldOutFiles.places(of: folder.items)
        let (held, rest) = (chosen.filter(places.contains), chosen.filter { !places.contains($0) })
        let next = variations.upperBound
        let later = next..<next + variations.count
        func source(_ own: [Int], _ others: [Int], _ variations: Range<Int>) -> FolderSource {
            let substitute = FolderSource(folder, others, variations, style, tell)
            return FolderSource(folder, own, variations, style, tell, substitute: substitute)
        }
        return (source(rest, held, variations), source(held, rest, later))
    }

    package func draw(
        _ generator: inout KeyedGenerator,
        _ request: ClipRequest
    ) throws -> ClipKey {
        let usable = chosen.filter { index in
            let item = folder.items[index]
            return item.frames >= request.span && (!request.needsCaption || item.caption != nil)
        }
        guard !usable.isEmpty else {
            let kind = request.frames == 1 ? "file" : "video of at least \(request.span) frames"
            let captioned = request.needsCaption ? " with a caption" : ""
            guard let substitute else {
                throw TrainingError(.data("\(folder.path): no \(kind)\(captioned)"))
            }
            let key = try substitute.draw(&generator, request)
            report(
                -1,
                "\(folder.path): no \(kind)\(captioned) can be held out: validation shows other "
                    + "parts of what is trained on"
            )
            return key
        }
        return ClipKey(
            item: usable[generator.integer(below: usable.count)],
            variation: variations.lowerBound + generator.integer(below: variations.count)
        )
    }

    package func identity(_ key: ClipKey) -> String {
        let item = folder.items[key.item]
        return "clip \(key.variation), \(style), of file \(key.item), \(item.path), of "
            + "\(item.status.byteCount) bytes from \(item.status.modified), by libavcodec "
            + avcodecVersionText()
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
                report(key.item, "skipped \(item.path): ends before frame \(first + request.span)")
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
            report(key.item, "skipped \(error)")
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
        if isNew { tell(sentence) }
    }
}
