import FFmpeg
import Foundation
import TestSupport
import Testing

struct StillImageTests {
    @Test func `a picture that is written is read again, exactly`() throws {
        let folder = try TemporaryFolder()
        let frame = barsFrame(3, width: 41, height: 23, time: .zero)
        try StillImage.writePNG(frame, to: folder("a.png"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a.png"])
        let read = try StillImage.read(folder("a.png"), sideMax: 41)
        #expect(read == frame)
    }

    @Test func `a larger picture is made smaller in its shape`() throws {
        let folder = try TemporaryFolder()
        let frame = barsFrame(0, width: 300, height: 200, time: .zero)
        try StillImage.writePNG(frame, to: folder("a.png"))
        let read = try StillImage.read(folder("a.png"), sideMax: 60)
        #expect((read.width, read.height) == (60, 40))
    }

    @Test func `what is no picture is refused by name`() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("no picture", to: "a.png")
        #expect(throws: FFmpegError.self) { try StillImage.read(path, sideMax: 10) }
        let error = #expect(throws: FFmpegError.self) {
            try StillImage.read(folder("b.png"), sideMax: 10)
        }
        #expect(error?.isMissingFile == true)
        let unwritable = #expect(throws: FFmpegError.self) {
            try StillImage.writePNG(
                barsFrame(0, width: 8, height: 8, time: .zero),
                to: folder("none/a.png")
            )
        }
        #expect(unwritable?.isMissingFile == true)
    }
}
