import Foundation
import Tensors

/// A coordinator's folder: all that it knows and that must outlive it.
///
///     VERSION         number of this layout
///     LOCK            held by the coordinator that runs here
///     ledger.sqlite   what happened
///     jobs/JOB/       results of a job's units
///     spool/          results that are being written
///     keys/           keys of the coordinator and of whom it knows
package final class StateFolder: Sendable {
    /// Number of the layout that this program reads and writes.
    package static let version = 1

    package let path: String
    private let lock: FileLock

    /// Opens the folder, making what is missing, and keeps other coordinators out of it.
    ///
    /// - Parameter path: Of the folder; its parent is there.
    /// - Throws: `StateFolderError` if another coordinator runs here, the layout is another, or the
    ///   folder cannot be used.
    package init(_ path: String) throws(StateFolderError) {
        self.path = path
        do {
            try Self.makeFolder(path)
        } catch {
            throw StateFolderError(.unusable, path, "\(error)")
        }
        do {
            guard let lock = try FileLock("\(path)/LOCK") else {
                throw StateFolderError(.taken, path, "another coordinator runs in it")
            }
            self.lock = lock
        } catch let error as StateFolderError {
            throw error
        } catch {
            throw StateFolderError(.unusable, path, "\(error)")
        }
        try Self.checkVersion(path)
        do {
            for name in ["jobs", "spool", "keys"] { try Self.makeFolder("\(path)/\(name)") }
            try SystemFile.syncFolder(path)
        } catch {
            throw StateFolderError(.unusable, path, "\(error)")
        }
    }

    package var ledger: String { "\(path)/ledger.sqlite" }
    package var jobs: String { "\(path)/jobs" }
    package var spool: String { "\(path)/spool" }
    package var keys: String { "\(path)/keys" }

    private static func checkVersion(_ path: String) throws(StateFolderError) {
        let file = "\(path)/VERSION"
        let text: String
        do {
            if try SystemFile.status(of: file) == nil {
                // A folder of somebody else's files is no place to put ours.
                let names = try SystemFile.names(in: path).filter { $0 != "LOCK" && $0 != "keys" }
                guard names.isEmpty else {
                    throw StateFolderError(
                        .otherVersion,
                        path,
                        "it has no VERSION and is not empty (\(names[0])), so it is no state folder"
                    )
                }
                try SystemFile.writeAtomically(Array("\(version)\n".utf8), to: file)
                return
            }
            text = String(decoding: try SystemFile.read(file, limit: 64), as: UTF8.self)
        } catch let error as StateFolderError {
            throw error
        } catch {
            throw StateFolderError(.unusable, path, "\(error)")
        }
        let found = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard Int(found) == version else {
            throw StateFolderError(
                .otherVersion,
                path,
                "its VERSION is \"\(found)\", this program reads \(version)"
            )
        }
    }

    private static func makeFolder(_ path: String) throws {
        if let status = try SystemFile.status(of: path), status.isFolder { return }
        try FileManager.default.createDirectory(
            atPath: path,
            withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700]
        )
    }
}

/// A state folder in which no coordinator can run.
package struct StateFolderError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        case taken
        case otherVersion
        case unusable
    }

    package let code: Code
    package let path: String
    private let reason: String

    init(_ code: Code, _ path: String, _ reason: String) {
        self.code = code
        self.path = path
        self.reason = reason
    }

    package var description: String { "cannot use the state folder \(path): \(reason)" }
}
