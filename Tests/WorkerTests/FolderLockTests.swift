import TestSupport
import Testing
import Worker

struct FolderLockTests {
    @Test func `a folder has one worker at a time`() throws {
        let folder = try TemporaryFolder()
        var lock: FolderLock? = try FolderLock(folder("state"))
        let error = #expect(throws: WorkerError.self) { try FolderLock(folder("state")) }
        #expect(error?.code == .configuration)
        #expect(error?.description.contains("another worker") == true)
        withExtendedLifetime(lock) {}
        lock = nil
        _ = try FolderLock(folder("state"))
    }

    @Test func `a folder that cannot be made is an error`() throws {
        let folder = try TemporaryFolder()
        _ = try folder.write("x", to: "file")
        #expect(throws: (any Error).self) { try FolderLock(folder("file")) }
        #expect(throws: (any Error).self) { try FolderLock(folder("no/parent")) }
    }
}
