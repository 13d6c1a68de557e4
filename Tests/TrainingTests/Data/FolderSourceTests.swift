import FFmpeg
import Pipelines
import Synchronization
import Tensors
import TestSupport
import Testing
import Training

private final class Sentences: Sendable {
    let list = Mutex<[String]>([])
    func add(_ sentence: String) { list.withLock { $0.append(sentence) } }
    var all: [String] { list.withLock { $0 } }
}

private func png(_ colour: [UInt8], width: Int = 24, height: Int = 16) throws -> VideoFrame {
    let pixels = (0..<width * height).flatMap { _ in colour }
    return VideoFrame(time: .zero, width: width, height: height, pixels: pixels)
}

private func movie(frames: Int) -> [UInt8] {
    SyntheticMedia.movie(
        width: 32,
        height: 16,
        timescale: 24,
        frameTicks: [Int](repeating: 1, count: frames)
    )
}

private let image = ClipRequest(width: 16, height: 16)

struct FolderSourceTests {
    private func draws(
        _ source: FolderSource,
        _ request: ClipRequest,
        count: Int = 40
    ) throws -> [TrainingClip] {
        try (0..<count).map { index in
            var generator = Draw(seed: 5, step: 0).stream("clip", index)
            return try source.clip(&generator, request)
        }
    }

    @Test func `files are found below the folder, with what is said of them`() throws {
        let folder = try TemporaryFolder()
        _ = try folder.write("", to: "inner/.hidden.png")
        try StillImage.writePNG(try png([200, 0, 0]), to: folder("red.png"))
        try StillImage.writePNG(try png([0, 0, 200]), to: folder("inner/blue.png"))
        _ = try folder.write("  a red\n card ", to: "red.txt")
        _ = try folder.write(
            #"{"file_name": "blue.png", "text": "a blue card"}"#,
            to: "inner/metadata.jsonl"
        )
        _ = try folder.write(movie(frames: 12), to: "clip.mov")
        let sentences = Sentences()
        let source = try FolderSource(folder.path, tell: sentences.add)
        let items = source.folder.items
        #expect(items.map(\.isVideo) == [true, false, false])
        #expect(items.map(\.caption) == [nil, "a blue card", "a red card"])
        #expect(items.map(\.frames) == [12, 1, 1])
        #expect(sentences.all.isEmpty)
        let clips = try draws(source, image)
        #expect(Set(clips.map(\.caption)) == [nil, "a blue card", "a red card"])
        #expect(clips.allSatisfy { $0.pictures.count == 1 && $0.pictures.width == 16 })
        var captioned = image
        captioned.needsCaption = true
        #expect(try draws(source, captioned).allSatisfy { $0.caption != nil })
    }

    @Test func `a draw is the same clip every time`() throws {
        let folder = try TemporaryFolder()
        for name in ["a", "b"] {
            try StillImage.writePNG(try png([9, 90, 9]), to: folder("\(name).png"))
        }
        _ = try folder.write(movie(frames: 20), to: "clip.mov")
        let request = ClipRequest(frames: 4, stride: 3, width: 16, height: 16)
        let source = try FolderSource(folder.path) { _ in }
        let again = try FolderSource(folder.path) { _ in }
        for extent in [image, request] {
            let clips = try [source, again].map { try draws($0, extent) }
            #expect(clips[0] == clips[1])
        }
        #expect(try draws(source, request).allSatisfy { $0.pictures.count == 4 })
    }

    private func keys(_ source: FolderSource, _ request: ClipRequest) throws -> Set<ClipKey> {
        Set(
            try (0..<200).map { index in
                var generator = Draw(seed: 5, step: 0).stream("clip", index)
                return try source.draw(&generator, request)
            }
        )
    }

    @Test func `files are either trained on or held out, whatever is asked for`() throws {
        let folder = try TemporaryFolder()
        for index in 0..<5 {
            try StillImage.writePNG(try png([9, 90, 9]), to: folder("\(index).png"))
            _ = try folder.write(movie(frames: 12), to: "\(index).mov")
        }
        let sentences = Sentences()
        let parts = try FolderSource(folder.path, variations: 4, tell: sentences.add).parts
        let clip = ClipRequest(frames: 8, width: 16, height: 16)
        var items: [Set<Int>] = []
        for source in [parts.training, parts.validation] {
            let (images, clips) = (try keys(source, image), try keys(source, clip))
            items.append(Set(images.map(\.item)).union(clips.map(\.item)))
            #expect(Set(clips.map(\.item)).count < images.count / 4)
        }
        #expect(items[0].isDisjoint(with: items[1]))
        #expect(items[0].count + items[1].count == 10)
        #expect(items[1].count >= 2)
        #expect(sentences.all.isEmpty)
    }

    @Test func `where nothing can be held out, validation shows other parts and says so`() throws {
        let folder = try TemporaryFolder()
        try StillImage.writePNG(try png([9, 90, 9]), to: folder("a.png"))
        let sentences = Sentences()
        let parts = try FolderSource(folder.path, variations: 4, tell: sentences.add).parts
        let (first, other) = (try keys(parts.training, image), try keys(parts.validation, image))
        #expect(first.count == 4)
        #expect(other.count == 4)
        #expect(first.isDisjoint(with: other))
        #expect(sentences.all.count == 1)
        #expect(sentences.all[0].contains("no file can be held out"))
        // Of two videos the one that is held out may be the only one that is long enough.
        for (name, other) in [("a", "b"), ("b", "a")] {
            _ = try folder.write(movie(frames: 30), to: "\(name).mov")
            _ = try folder.write(movie(frames: 3), to: "\(other).mov")
            let parts = try FolderSource(folder.path, tell: sentences.add).parts
            let clip = ClipRequest(frames: 8, width: 16, height: 16)
            let (first, other) = (try keys(parts.training, clip), try keys(parts.validation, clip))
            #expect(first.isDisjoint(with: other) && !first.isEmpty)
            #expect(Set(first.union(other).map(\.item)).count == 1)
            #expect(sentences.all.last?.contains("no video of at least 8 frames") == true)
        }
    }

    @Test func `a clip's identity tells file, contents, part and style apart`() throws {
        let folder = try TemporaryFolder()
        for name in ["a", "b"] {
            try StillImage.writePNG(try png([9, 90, 9]), to: folder("\(name).png"))
        }
        let sources = try [FramePlacement.Style.random, .centre, .random].map {
            try FolderSource(folder.path, style: $0) { _ in }
        }
        func identities(_ source: FolderSource) -> [String] {
            (0..<4).map { source.identity(ClipKey(item: $0 % 2, variation: $0 / 2)) }
        }
        let found = sources.map(identities)
        #expect(Set(found.joined()).count == 8)
        #expect(found[0] == found[2])
        try StillImage.writePNG(try png([90, 9, 9], width: 32), to: folder("a.png"))
        let changed = identities(try FolderSource(folder.path) { _ in })
        #expect(changed[0] != found[0][0])
        #expect(changed[1] == found[0][1])
    }

    @Test func `a file that cannot be read is named once and left out`() throws {
        let folder = try TemporaryFolder()
        try StillImage.writePNG(try png([200, 0, 0]), to: folder("good.png"))
        _ = try folder.write("no picture", to: "bad.png")
        // The end is missing, which shows only when it is decoded.
        let whole = movie(frames: 12)
        let cut = try folder.write(Array(whole.prefix(whole.count / 2)), to: "cut.mov")
        let sentences = Sentences()
        let source = try FolderSource(folder.path, tell: sentences.add)
        #expect(sentences.all.contains { $0.contains("bad.png") })
        let clips = try draws(source, image)
        #expect(clips.count == 40)
        #expect(sentences.all.count { $0.contains("cut.mov") } <= 1)
        #expect(!cut.isEmpty)
    }

    @Test func `a folder of nothing usable is an error, and so is a lack of videos`() throws {
        let folder = try TemporaryFolder()
        _ = try folder.write("no picture", to: "bad.png")
        let sentences = Sentences()
        #expect(throws: TrainingError.self) {
            try FolderSource(folder.path, tell: sentences.add)
        }
        #expect(sentences.all.count == 1)
        try StillImage.writePNG(try png([200, 0, 0]), to: folder("good.png"))
        let source = try FolderSource(folder.path, tell: sentences.add)
        var captioned = image
        captioned.needsCaption = true
        for request in [ClipRequest(frames: 8, width: 16, height: 16), captioned] {
            #expect(throws: TrainingError.self) {
                var generator = Draw(seed: 1, step: 0).stream("clip")
                _ = try source.draw(&generator, request)
            }
        }
    }

    @Test func `a malformed description is refused with its line`() throws {
        let folder = try TemporaryFolder()
        try StillImage.writePNG(try png([200, 0, 0]), to: folder("good.png"))
        _ = try folder.write(
            #"{"file_name": "good.png", "text": "x"}"# + "\n{}",
            to: "metadata.jsonl"
        )
        let error = #expect(throws: TrainingError.self) { try FolderSource(folder.path) { _ in } }
        #expect(error?.description.contains("line 2") == true)
    }

    @Test func `a person names scenes or folders`() throws {
        let folder = try TemporaryFolder()
        var stripes: [UInt8] = []
        for index in 0..<64 * 48 { stripes += [UInt8(index % 64), UInt8(index / 64), 0] }
        let picture = VideoFrame(time: .zero, width: 64, height: 48, pixels: stripes)
        try StillImage.writePNG(picture, to: folder("good.png"))
        #expect(throws: TrainingError.self) { try TrainingData([], sceneCount: 1) { _ in } }
        #expect(throws: (any Error).self) {
            try TrainingData([folder("none")], sceneCount: 1) { _ in }
        }
        for names in [["scenes"], [folder.path], ["scenes", folder.path]] {
            let data = try TrainingData(names, sceneCount: 3) { _ in }
            var generator = Draw(seed: 1, step: 0).stream("clip")
            let clips = try [data.training, data.validation].map {
                try $0.clip(&generator, image)
            }
            #expect(clips[0] != clips[1])
        }
    }
}
