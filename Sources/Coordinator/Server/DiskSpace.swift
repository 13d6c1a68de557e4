import Foundation

/// How much room there is.
package enum DiskSpace {
    /// Bytes that this process may still write to the disk that holds `path`; nil if the system
    /// does not say.
    @Sendable package static func freeBytes(_ path: String) -> Int? {
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: path)
        return (attributes?[.systemFreeSize] as? NSNumber)?.intValue
    }
}
