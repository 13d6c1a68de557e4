import Foundation
import Tensors
import TestSupport
import Testing

struct FileLockTests {
    @Test func `one at a time has the lock, and whoever goes lets go`() throws {
        let folder = try TemporaryFolder()
        let path = folder("LOCK")
        do {
            let first = try FileLock(path)
            #expect(first != nil)
            #expect(try FileLock(path) == nil)
            withExtendedLifetime(first) {}
        }
        #expect(try FileLock(path) != nil)
        #expect(throws: FileError.self) { try FileLock(folder("none/LOCK")) }
    }
}
