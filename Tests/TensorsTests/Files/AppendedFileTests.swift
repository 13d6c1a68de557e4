import Tensors
import TestSupport
import Testing

struct AppendedFileTests {
    @Test func `bytes come after those that were there`() throws {
        let folder = try TemporaryFolder()
        let path = folder("log")
        for (index, piece) in ["a", "bcd", "", "ef"].enumerated() {
            let file = try AppendedFile(path)
            try file.append(Array(piece.utf8))
            try file.append(Array("\(index)".utf8))
            try file.synchronize()
        }
        let bytes = try SystemFile.read(path, limit: 100)
        #expect(String(decoding: bytes, as: UTF8.self) == "a0bcd12ef3")
    }

    @Test func `a folder, a device and a place that is not there are refused`() throws {
        let folder = try TemporaryFolder()
        for path in [folder.path, "/dev/null"] {
            let error = #expect(throws: FileError.self) { try AppendedFile(path) }
            #expect(error?.reason == .notRegular && error?.path == path)
        }
        let missing = #expect(throws: FileError.self) { try AppendedFile(folder("none/log")) }
        #expect(missing?.isMissing == true)
    }
}
