package import FFmpeg
package import Tensors

/// A folder of a user's own videos and pictures: what is in it, and what is said of it.
///
/// Files are found below the folder by their extensions, in the order of their names. A caption is
/// the text of the file of the same name with the extension `txt`, otherwise the `text` of the line
/// of `metadata.jsonl` in the same folder whose `file_name` it is (one object a line, the
/// convention of public data sets). Files that cannot be read are named and left out.
package struct MediaFolder: Sendable {
    /// A file that can be read.
    package struct Item: Hashable, Sendable {
        package let path: String
        /// From the folder on.
        package let name: String
        /// Size and age, which tell it from what had its place before.
        package let status: SystemFile.Status
        package let isVideo: Bool
        /// Of the upright picture, in pixels.
        package let width: Int
        package let height: Int
        /// About how many frames; 1 for pictures.
        package let frames: Int
        /// Frames a second, of videos.
        package let frameRate: Rational?
        package let caption: String?
    }

    package let path: String
    package let items: [Item]

    package static let videoExtensions: Set<String> = [
        "mp4", "mov", "m4v", "mkv", "webm", "avi", "mpg", "mpeg", "ts", "gif", "y4m",
    ]
    package static let pictureExtensions: Set<String> = [
        "png", "jpg", "jpeg", "webp", "bmp", "tif", "tiff", "ppm",
    ]
    private static let depthMax = 16

    /// Looks through a folder.
    ///
    /// - Parameters:
    ///   - path: The folder.
    ///   - skipped: Is told one sentence for each file that is left out.
    /// - Throws: `FileError` if the folder cannot be listed, `TrainingError` if a description is
    ///   malformed or no file can be read.
    package init(_ path: String, skipped: (String) -> Void) throws {
        self.path = path
        var items: [Item] = []
        try Self.visit(path, "", skipped) { items.append($0) }
        guard !items.isEmpty else {
            throw TrainingError(.data("\(path): no video or picture here can be read"))
        }
        self.items = items
    }

    /// Visits a folder; `inner` leads to it from the first one, with a slash at its end.
    private static func visit(
        _ folder: String,
        _ inner: String,
        _ skipped: (String) -> Void,
        _ found: (Item) -> Void
    ) throws {
        guard inner.count(where: { $0 == "/" }) <= depthMax else {
            throw TrainingError(.data("\(folder): more than \(depthMax) folders deep"))
        }
        let captions = try Captions(folder: folder)
        for name in try SystemFile.names(in: folder) where !name.hasPrefix(".") {
            let path = "\(folder)/\(name)"
            guard let status = try SystemFile.status(of: path) else { continue }
            if status.isFolder {
                try visit(path, "\(inner)\(name)/", skipped, found)
                continue
            }
            let suffix = extensionOf(name)
            let isVideo = videoExtensions.contains(suffix)
            guard status.isRegular, isVideo || pictureExtensions.contains(suffix) else { continue }
            do throws(FFmpegError) {
                let contents = try contents(of: path, isVideo: isVideo)
                found(
                    Item(
                        path: path,
                        name: inner + name,
                        status: status,
                        isVideo: isVideo,
                        width: contents.width,
                        height: contents.height,
                        frames: contents.frames,
                        frameRate: contents.rate,
                        caption: captions.caption(of: name)
                    )
                )
            } catch {
                skipped("\(error)")
            }
        }
    }

    /// Opens the file and decodes its first picture: damage at the start shows at once.
    private static func contents(
        of path: String,
        isVideo: Bool
    ) throws(FFmpegError) -> (width: Int, height: Int, frames: Int, rate: Rational?) {
        let first = try StillImage.read(path, sideMax: FrameRequest.sideMax)
        guard isVideo else { return (first.width, first.height, 1, nil) }
        let info = try MediaInfo.probe(path)
        let rate = info.video.frameRate
        let duration = info.video.duration ?? info.duration
        let counted = rate.flatMap { rate in duration.map { Int(($0 * rate).rounded) } }
        return (first.width, first.height, max(1, info.video.frameCount ?? counted ?? 1), rate)
    }

    fileprivate static func extensionOf(_ name: String) -> String {
        guard let dot = name.lastIndex(of: ".") else { return "" }
        return name[name.index(after: dot)...].lowercased()
    }
}

/// What a folder says about its files.
private struct Captions {
    private let folder: String
    private var listed: [String: String] = [:]

    private static let bytesMax = 64 << 20

    init(folder: String) throws {
        self.folder = folder
        let path = "\(folder)/metadata.jsonl"
        guard let text = try Self.text(path) else { return }
        for (index, line) in text.split(whereSeparator: \.isNewline).enumerated() {
            guard case .object(let object)? = try? JSONValue.parse(Array(line.utf8)),
                case .string(let file)? = object["file_name"],
                case .string(let caption)? = object["text"]
            else {
                throw TrainingError(
                    .data(
                        "\(path): line \(index + 1): expected an object with file_name and text"
                    )
                )
            }
            listed[file] = caption
        }
    }

    func caption(of name: String) -> String? {
        let stem = name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
        let own = (try? Self.text("\(folder)/\(stem).txt")).flatMap(\.self)
        let caption = own ?? listed[name]
        let words = caption?.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return words.flatMap { $0.isEmpty ? nil : $0 }
    }

    private static func text(_ path: String) throws -> String? {
        guard try SystemFile.status(of: path) != nil else { return nil }
        let bytes = try SystemFile.read(path, limit: bytesMax)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw TrainingError(.data("\(path): expected UTF-8"))
        }
        return text
    }
}
