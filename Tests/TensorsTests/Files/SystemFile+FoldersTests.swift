import Foundation
import Tensors
import TestSupport
import Testing

struct SystemFileFoldersTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        _ = try folder.write("one", to: "from/a")
        _ = try folder.write("two", to: "from/inner/b")
    }

    private func text(_ name: String) throws -> String {
        String(decoding: try SystemFile.read(folder(name), limit: 100), as: UTF8.self)
    }

    private func number(_ name: String) throws -> UInt64 {
        let attributes = try FileManager.default.attributesOfItem(atPath: folder(name))
        return try #require(attributes[.systemFileNumber] as? UInt64)
    }

    @Test func `a duplicate has the same files under other names`() throws {
        try SystemFile.duplicate(folder: folder("from"), to: folder("to"))
        #expect(try text("to/a") == "one" && text("to/inner/b") == "two")
        #expect(try number("to/a") == number("from/a"))
        // Files are replaced, not written into: one who has the other name sees nothing of it.
        try SystemFile.writeAtomically(Array("new".utf8), to: folder("from/a"))
        #expect(try text("to/a") == "one")
    }

    @Test func `links are followed, so that a duplicate stands alone`() throws {
        symlink("../from/a", folder("from/link"))
        try SystemFile.duplicate(folder: folder("from"), to: folder("to"))
        try SystemFile.removeTree(folder("from"))
        #expect(try text("to/link") == "one")
    }

    @Test func `where there are no links there are copies`() throws {
        let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let path = try folder.write(bytes, to: "large")
        try SystemFile.copy(file: path, to: folder("copy"))
        #expect(try SystemFile.read(folder("copy"), limit: 3_000_000) == bytes)
        #expect(try number("copy") != number("large"))
        #expect(throws: FileError.self) { try SystemFile.copy(file: path, to: folder("copy")) }
    }

    @Test func `nothing that is there is overwritten`() throws {
        let error = #expect(throws: FileError.self) {
            try SystemFile.duplicate(folder: folder("from"), to: folder("from/inner"))
        }
        #expect(error?.path == folder("from/inner"))
        #expect(throws: FileError.self) {
            try SystemFile.duplicate(file: folder("from/a"), to: folder("from/inner/b"))
        }
        #expect(try text("from/inner/b") == "two")
    }

    @Test func `a dangling link and a loop of links are errors`() throws {
        symlink("nowhere", folder("from/dangling"))
        #expect(throws: FileError.self) {
            try SystemFile.duplicate(folder: folder("from"), to: folder("to"))
        }
        try SystemFile.delete(folder("from/dangling"))
        symlink(".", folder("from/loop"))
        #expect(throws: FileError.self) {
            try SystemFile.duplicate(folder: folder("from"), to: folder("other"))
        }
    }

    @Test func `a tree is removed and what a link in it points to is not`() throws {
        _ = try folder.write("kept", to: "kept/file")
        symlink("../kept", folder("from/link"))
        try SystemFile.removeTree(folder("from"))
        #expect(try SystemFile.status(of: folder("from")) == nil)
        #expect(try text("kept/file") == "kept")
        // What is not there is removed already.
        try SystemFile.removeTree(folder("from"))
    }

    @Test func `folders are made with all that lead to them`() throws {
        try SystemFile.makeFolders(folder("x/y/z"))
        #expect(try SystemFile.status(of: folder("x/y/z"))?.isFolder == true)
        try SystemFile.makeFolders(folder("x/y//z/"))
        let error = #expect(throws: FileError.self) {
            try SystemFile.makeFolders(folder("from/a/b"))
        }
        #expect(error?.path == folder("from/a"))
    }

    @Test func `a link is made, then points elsewhere, and never replaces a file`() throws {
        try SystemFile.point(link: folder("model"), at: "from/inner")
        #expect(try text("model/b") == "two")
        try SystemFile.point(link: folder("model"), at: "from")
        #expect(try text("model/a") == "one")
        #expect(throws: FileError.self) {
            try SystemFile.point(link: folder("from"), at: "elsewhere")
        }
        #expect(try SystemFile.names(in: folder.path) == ["from", "model"])
    }
}
