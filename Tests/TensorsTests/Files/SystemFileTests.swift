import Foundation
import Tensors
import TestSupport
import Testing

struct SystemFileTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test(arguments: [0, 1, 4095, 4096, 4097, 100_000])
    func readsWhatWasWritten(_ count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let path = folder("a")
        try SystemFile.writeAtomically(bytes, to: path)
        #expect(try SystemFile.read(path, limit: count) == bytes)
        if count > 0 {
            let error = #expect(throws: FileError.self) {
                try SystemFile.read(path, limit: count - 1)
            }
            #expect(error?.reason == .tooLarge(limit: count - 1))
        }
        #expect(try SystemFile.names(in: folder.path) == ["a"])
    }

    @Test func oneSentenceNamesTheFileAndTheSystemsReason() {
        let path = folder("none")
        let error = #expect(throws: FileError.self) { try SystemFile.read(path, limit: 1) }
        #expect(error?.description == "cannot open \(path): No such file or directory")
    }

    @Test func foldersAndDevicesAreNotFiles() throws {
        for path in [folder.path, "/dev/null"] {
            let error = #expect(throws: FileError.self) { try SystemFile.read(path, limit: 1) }
            #expect(error?.reason == .notRegular)
            let other = #expect(throws: FileError.self) {
                try SystemFile.writeAtomically([], to: path)
            }
            #expect(other?.reason == .notRegular)
        }
    }

    @Test func aPipeIsRefusedWithoutWaiting() throws {
        let path = folder("pipe")
        #expect(mkfifo(path, 0o600) == 0)
        let error = #expect(throws: FileError.self) { try SystemFile.read(path, limit: 1) }
        #expect(error?.reason == .notRegular)
    }

    @Test func filesOfUnknownSizeAreReadToTheirEnd() throws {
        // Files of the proc file system say they have no bytes.
        let bytes = try SystemFile.read("/proc/self/status", limit: 1 << 20)
        #expect(bytes.starts(with: Array("Name:".utf8)))
        #expect(throws: FileError.self) { try SystemFile.read("/proc/self/status", limit: 10) }
    }

    @Test func statusTellsFilesFromFolders() throws {
        let path = try folder.write("abc", to: "inner/a")
        #expect(try SystemFile.status(of: path)?.byteCount == 3)
        #expect(try SystemFile.status(of: path)?.isRegular == true)
        #expect(try SystemFile.status(of: folder("inner"))?.isFolder == true)
        #expect(try SystemFile.status(of: folder("none")) == nil)
        #expect(try SystemFile.status(of: path + "/below") == nil)
    }

    @Test func onlyWhatIsNamedIsDiscarded() throws {
        _ = try folder.write("", to: "inner/a")
        _ = try folder.write("", to: "inner/b")
        SystemFile.discard(folder: folder("inner"), files: ["a", "none"])
        #expect(try SystemFile.names(in: folder("inner")) == ["b"])
        SystemFile.discard(folder: folder("inner"), files: ["b"])
        #expect(try SystemFile.status(of: folder("inner")) == nil)
    }

    @Test func foldersAreMadeOnce() throws {
        try SystemFile.makeFolder(folder("new"))
        try SystemFile.makeFolder(folder("new"))
        let path = try folder.write("", to: "file")
        #expect(throws: FileError.self) { try SystemFile.makeFolder(path) }
        #expect(throws: FileError.self) { try SystemFile.makeFolder(folder("none/new")) }
    }

    @Test func `a link's target is what it holds`() throws {
        let folder = try TemporaryFolder()
        try SystemFile.point(link: folder("link"), at: "some/where")
        #expect(try SystemFile.target(ofLink: folder("link")) == "some/where")
        #expect(throws: FileError.self) { try SystemFile.target(ofLink: folder("none")) }
        #expect(throws: FileError.self) { try SystemFile.target(ofLink: folder.path) }
    }
}

struct AtomicFileTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test func nothingIsSeenBeforeCommit() throws {
        let path = try folder.write("old", to: "a")
        do {
            let file = try AtomicFile(replacing: path)
            try file.write(Array("new".utf8), at: 0)
            #expect(try SystemFile.read(path, limit: 10) == Array("old".utf8))
            try file.commit()
        }
        #expect(try SystemFile.read(path, limit: 10) == Array("new".utf8))
        #expect(try SystemFile.names(in: folder.path) == ["a"])
    }

    @Test func anAbandonedFileLeavesNothing() throws {
        let path = try folder.write("old", to: "a")
        do {
            let file = try AtomicFile(replacing: path)
            try file.write(Array("new".utf8), at: 1000)
        }
        #expect(try SystemFile.read(path, limit: 10) == Array("old".utf8))
        #expect(try SystemFile.names(in: folder.path) == ["a"])
    }

    @Test func twoWritersOfOneFileDoNotMeet() throws {
        let path = folder("a")
        let first = try AtomicFile(replacing: path)
        let second = try AtomicFile(replacing: path)
        try first.write([1], at: 0)
        try second.write([2, 2], at: 0)
        try second.commit()
        try first.commit()
        #expect(try SystemFile.read(path, limit: 10) == [1])
    }

    @Test func aMissingFolderIsAnError() {
        let path = folder("none/a")
        let error = #expect(throws: FileError.self) { try AtomicFile(replacing: path) }
        #expect(error?.description == "cannot create \(path): No such file or directory")
    }

    @Test func `a synced file appears under its name by a move`() throws {
        let (part, path) = (folder("a.part"), folder("a"))
        try SystemFile.writeSynced([1, 2, 3], to: part)
        let taken = #expect(throws: FileError.self) { try SystemFile.writeSynced([], to: part) }
        #expect(taken?.operation == "create")
        try SystemFile.move(part, to: path)
        try SystemFile.syncFolder(folder.path)
        #expect(try SystemFile.names(in: folder.path) == ["a"])
        #expect(try SystemFile.read(path, limit: 3) == [1, 2, 3])
        try SystemFile.delete(path)
        try SystemFile.delete(path)
        #expect(try SystemFile.names(in: folder.path).isEmpty)
        #expect(throws: FileError.self) { try SystemFile.move(part, to: path) }
    }

    @Test func `a full device is an expected outcome`() throws {
        // Opening succeeds and every write fails: the system's own full disk.
        let error = FileError(
            .system(code: ENOSPC, text: "No space left on device"),
            operation: "write",
            path: "/dev/full"
        )
        #expect(error.isFull && !error.isMissing && !error.isForbidden)
        let other = FileError(.system(code: EIO, text: ""), operation: "write", path: "a")
        #expect(!other.isFull)
    }
}
