import Coordinator
import Glibc
import Synchronization
import Tensors
import TestSupport

/// A file system in memory that tells what is on the disk from what is only in the system's memory,
/// that can be cut off before any step, and that can be full.
///
/// Contents are on the disk once synced; a name once its folder is, whether it came by making or by
/// moving. After a crash, each step that was not synced may have reached the disk or not.
final class SimulatedFiles: FileLayer {
    private struct State {
        /// Steps left before the power fails; nil never.
        var stepsLeft: Int?
        var bytesLeft = Int.max
        /// Bytes of files, by number; what is synced and what is not.
        var contents: [Int: [UInt8]] = [:]
        /// What each path names now, and durably. Folders have the number 0.
        var names: [String: Int] = ["/jobs": 0, "/spool": 0]
        var durable: [String: Int] = ["/jobs": 0, "/spool": 0]
        var fileCount = 0
        var failure: Int32?
    }

    private let state: Mutex<State>

    init(stepsLeft: Int? = nil, bytesLeft: Int = .max) {
        var start = State()
        start.stepsLeft = stepsLeft
        start.bytesLeft = bytesLeft
        state = Mutex(start)
    }

    /// A disk after the power failed: of what was not synced, chance keeps some.
    func crashed(_ random: inout SeededGenerator) -> SimulatedFiles {
        let next = SimulatedFiles()
        let old = state.withLock { $0 }
        var names = old.durable
        for path in Set(old.names.keys).union(old.durable.keys).sorted()
        where Bool.random(using: &random) {
            names[path] = old.names[path]
        }
        // A name needs its folder's name.
        var kept: [String: Int] = [:]
        for path in names.keys.sorted() {
            let parent = Self.parent(of: path)
            if parent.isEmpty || kept[parent] != nil { kept[path] = names[path] }
        }
        next.state.withLock { state in
            state.contents = old.contents
            state.fileCount = old.fileCount
            state.names = kept
            state.durable = kept
        }
        return next
    }

    /// Syncs fail with this error from now on.
    func breakSync(_ code: Int32) { state.withLock { $0.failure = code } }

    func addRoom(_ bytes: Int) { state.withLock { $0.bytesLeft = bytes } }

    /// Changes a byte of a file, as a bad disk does.
    func damage(_ path: String, cut: Bool) {
        state.withLock { state in
            guard let file = state.names[path], var bytes = state.contents[file] else { return }
            if cut { bytes.removeLast() } else { bytes[bytes.count / 2] ^= 1 }
            state.contents[file] = bytes
        }
    }

    var paths: [String] { state.withLock { $0.names.keys.sorted() } }

    private static func parent(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    }

    private static func error(_ code: Int32, _ operation: String, _ path: String) -> FileError {
        FileError(.system(code: code, text: "error \(code)"), operation: operation, path: path)
    }

    /// One step, unless the power has failed.
    private func step<Value: Sendable>(
        _ operation: String,
        _ path: String,
        _ change: (inout State) throws(FileError) -> Value
    ) throws(FileError) -> Value {
        try state.withLock { state throws(FileError) in
            if let left = state.stepsLeft {
                guard left > 0 else { throw Self.error(EIO, operation, path) }
                state.stepsLeft = left - 1
            }
            return try change(&state)
        }
    }

    func makeFolder(_ path: String) throws(FileError) {
        try step("make the folder", path) { state throws(FileError) in
            guard state.names[Self.parent(of: path)] == 0 else {
                throw Self.error(ENOENT, "make the folder", path)
            }
            state.names[path] = 0
        }
    }

    func writeSynced(_ bytes: [UInt8], to path: String) throws(FileError) {
        let file = try step("create", path) { state throws(FileError) in
            guard state.names[path] == nil else {
                throw Self.error(EEXIST, "create", path)
            }
            state.fileCount += 1
            state.names[path] = state.fileCount
            state.contents[state.fileCount] = []
            return state.fileCount
        }
        // Half of it, then the rest: the power may fail in between.
        for count in [bytes.count / 2, bytes.count] {
            try step("write", path) { state throws(FileError) in
                guard count <= state.bytesLeft else {
                    throw Self.error(ENOSPC, "write", path)
                }
                state.contents[file] = Array(bytes[..<count])
            }
        }
        try step("sync", path) { state throws(FileError) in
            state.bytesLeft -= bytes.count
            guard let code = state.failure else { return }
            throw Self.error(code, "sync", path)
        }
    }

    func move(_ path: String, to other: String) throws(FileError) {
        try step("rename", path) { state throws(FileError) in
            guard let file = state.names[path], state.names[Self.parent(of: other)] == 0 else {
                throw Self.error(ENOENT, "rename", path)
            }
            state.names[path] = nil
            state.names[other] = file
        }
    }

    func syncFolder(_ path: String) throws(FileError) {
        try step("sync", path) { state throws(FileError) in
            if let code = state.failure { throw Self.error(code, "sync", path) }
            let all = Set(state.names.keys).union(state.durable.keys)
            for name in all where Self.parent(of: name) == path {
                state.durable[name] = state.names[name]
            }
        }
    }

    func read(_ path: String, limit: Int) throws(FileError) -> [UInt8] {
        try step("open", path) { state throws(FileError) in
            guard let file = state.names[path], let bytes = state.contents[file] else {
                throw Self.error(ENOENT, "open", path)
            }
            guard bytes.count <= limit else {
                throw FileError(.tooLarge(limit: limit), operation: "read", path: path)
            }
            return bytes
        }
    }

    func delete(_ path: String) throws(FileError) {
        try step("remove", path) { state throws(FileError) in
            if state.names.keys.contains(where: { $0.hasPrefix("\(path)/") }) {
                throw Self.error(ENOTEMPTY, "remove", path)
            }
            state.names[path] = nil
        }
    }

    func names(in folder: String) throws(FileError) -> [String] {
        try step("list", folder) { state throws(FileError) in
            let names = state.names.keys.filter { Self.parent(of: $0) == folder }
            return names.map { String($0.dropFirst(folder.count + 1)) }.sorted()
        }
    }

    func byteCount(of path: String) throws(FileError) -> Int? {
        try step("look at", path) { state throws(FileError) in
            state.names[path].flatMap { state.contents[$0]?.count }
        }
    }
}
