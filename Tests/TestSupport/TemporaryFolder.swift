import Foundation
import Tensors

/// An empty folder that is removed with everything in it when the value goes.
package final class TemporaryFolder: Sendable {
    package let path: String

    package init() throws {
        let url = FileManager.default.temporaryDirectory
            .appendingPathComponent("weft-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// The path of a name inside.
    package func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file inside, with the folders above it, and tells its path.
    package func write(_ bytes: [UInt8], to name: String) throws -> String {
        let file = self(name)
        try FileManager.default.createDirectory(
            atPath: (file as NSString).deletingLastPathComponent,
            withIntermediateDirectories: true
        )
        try SystemFile.writeAtomically(bytes, to: file)
        return file
    }

    package func write(_ text: String, to name: String) throws -> String {
        try write(Array(text.utf8), to: name)
    }
}
