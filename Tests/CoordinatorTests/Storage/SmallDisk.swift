import Foundation
import TestSupport

/// A file system of a few hundred kibibytes, where the system lets us make one.
final class SmallDisk {
    let path: String

    init?(in folder: TemporaryFolder, kibibytes: Int) {
        path = folder("disk")
        let manager = FileManager.default
        try? manager.createDirectory(atPath: path, withIntermediateDirectories: false)
        guard getuid() == 0,
            Self.run(["mount", "-t", "tmpfs", "-o", "size=\(kibibytes)k", "weft-test", path])
        else { return nil }
    }

    /// Makes room.
    func grow() {
        _ = Self.run(["mount", "-o", "remount,size=64m", path])
    }

    deinit {
        _ = Self.run(["umount", path])
    }

    private static func run(_ arguments: [String]) -> Bool {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}
