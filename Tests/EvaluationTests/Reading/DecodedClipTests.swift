import Evaluation
import FFmpeg
import Pipelines
import TestSupport
import Testing

struct DecodedClipTests {
    private func file(_ folder: TemporaryFolder, cut: Int?) throws -> String {
        try folder.write(
            SyntheticMedia.movingSquare(width: 48, height: 32, frames: 12, cut: cut),
            to: "clip.y4m"
        )
    }

    @Test func `frames and cuts are those of the file`() throws {
        let folder = try TemporaryFolder()
        let path = try file(folder, cut: 7)
        let clip = try DecodedClip.read(path, FrameRequest(width: 48, height: 32))
        #expect(clip.pictures.count == 12 && clip.pictures.width == 48)
        #expect(clip.cuts == [7] && clip.shots == [0..<7, 7..<12])
        #expect(!clip.hasMore)
    }

    @Test func `the first frames can be taken, and then the rest is known to be there`() throws {
        let folder = try TemporaryFolder()
        let path = try file(folder, cut: 7)
        let request = try FrameRequest(width: 48, height: 32)
        let clip = try DecodedClip.read(path, request, framesLimit: 5)
        #expect(clip.pictures.count == 5 && clip.hasMore && clip.cuts.isEmpty)
        let exact = try DecodedClip.read(path, request, framesLimit: 12)
        #expect(!exact.hasMore)
    }

    @Test func `too much is refused and no frame at all`() throws {
        let folder = try TemporaryFolder()
        let path = try file(folder, cut: nil)
        let request = try FrameRequest(width: 48, height: 32)
        let error = #expect(throws: InputError.self) {
            try DecodedClip.read(path, request, bytesLimit: 48 * 32 * 3 * 4)
        }
        #expect(error?.description.contains("more than 4 frames") == true)
        #expect(throws: InputError.self) {
            try DecodedClip.read(
                path,
                FrameRequest(width: 48, height: 32, start: Rational(100))
            )
        }
    }
}
