import Synchronization
package import Tensors

/// Tensors in a folder that can be made again, kept while there is room: the oldest go first.
///
/// A file has a hash of its tensor's key as its name; in it are the whole key, the tensor in
/// float32, and a checksum. What is cut off, damaged or of another key counts as missing, and is
/// replaced once the tensor has been made again. Files appear whole, so several processes may share
/// a folder; each counts what was there when it opened it, and what it adds. Other files in the
/// folder are left alone.
package final class TensorFolder: Sendable {
    private struct State {
        var bytes = 0
        var hits = 0
        var uses = 0
        var canWrite = true
    }

    package let path: String
    package let bytesMax: Int
    private let tell: @Sendable (String) -> Void
    private let state = Mutex(State())

    /// Makes or opens a folder.
    ///
    /// - Parameters:
    ///   - path: The folder.
    ///   - bytesMax: Of all entries; what is there beyond that is removed.
    ///   - tell: Is told, once, if entries can no longer be written.
    /// - Throws: `FileError` if the folder cannot be made, listed or thinned out.
    package init(
        _ path: String,
        bytesMax: Int,
        tell: @escaping @Sendable (String) -> Void
    ) throws(FileError) {
        self.path = path
        self.bytesMax = bytesMax
        self.tell = tell
        try SystemFile.makeFolders(path)
        let bytes = try Self.entries(path).reduce(0) { $0 + $1.bytes }
        let left = bytes > bytesMax ? try Self.thin(path, to: bytesMax) : bytes
        state.withLock { $0.bytes = left }
    }

    /// How many tensors were there when asked for, and how many were not.
    package var counts: (hits: Int, misses: Int) {
        state.withLock { ($0.hits, $0.uses - $0.hits) }
    }

    /// The tensor of a key; nil if it is not there, or not what was written.
    package func tensor(_ key: String) -> HostTensor? {
        let found = read(key)
        state.withLock { state in
            state.uses += 1
            if found != nil { state.hits += 1 }
        }
        return found
    }

    /// Keeps a tensor under its key, in place of what was there.
    ///
    /// A disk that takes no more is told of, once, and nothing is written from then on: what is
    /// kept decides about nothing but time.
    package func keep(_ tensor: HostTensor, _ key: String) {
        guard state.withLock({ $0.canWrite }) else { return }
        do throws(FileError) {
            let bytes = try write(tensor, key)
            let isFull = state.withLock { state in
                state.bytes += bytes
                return state.bytes > bytesMax
            }
            guard isFull else { return }
            // An eighth at a time, so that the folder is seldom listed.
            let left = try Self.thin(path, to: bytesMax - bytesMax / 8)
            state.withLock { $0.bytes = left }
        } catch {
            let isFirst = state.withLock { state in
                defer { state.canWrite = false }
                return state.canWrite
            }
            if isFirst { tell("\(error); nothing more is kept there") }
        }
    }

    // MARK: Entries

    private static let name = "values"

    private func place(_ key: String) -> (folder: String, path: String) {
        var hash = ContentHash()
        hash.add(key)
        let name = hash.hexadecimal
        let folder = "\(path)/\(name.prefix(2))"
        return (folder, "\(folder)/\(name).safetensors")
    }

    private func read(_ key: String) -> HostTensor? {
        guard let file = try? SafetensorsFile.open(place(key).path), file.names == [Self.name],
            file.metadata["key"] == key, let stored = file.tensor(named: Self.name),
            stored.scalarType == .float32
        else { return nil }
        let tensor = stored.hostTensor()
        return file.metadata["checksum"] == Self.checksum(tensor) ? tensor : nil
    }

    private func write(_ tensor: HostTensor, _ key: String) throws(FileError) -> Int {
        let (folder, path) = place(key)
        try SystemFile.makeFolder(folder)
        let writer = try SafetensorsWriter(
            path: path,
            entries: [.init(name: Self.name, shape: tensor.shape)],
            metadata: ["key": key, "checksum": Self.checksum(tensor)]
        )
        try writer.write(tensor.values, named: Self.name)
        try writer.finish(isDurable: false)
        return try SystemFile.status(of: path)?.byteCount ?? 0
    }

    private static func checksum(_ tensor: HostTensor) -> String {
        var hash = ContentHash()
        hash.add(tensor.values)
        return hash.hexadecimal
    }

    private struct Entry {
        let path: String
        let bytes: Int
        let modified: Int64
    }

    /// What this type has written, and what a killed process has left half written.
    private static func entries(_ path: String) throws(FileError) -> [Entry] {
        var entries: [Entry] = []
        for folder in try SystemFile.names(in: path) where isHexadecimal(folder, count: 2) {
            let folder = "\(path)/\(folder)"
            guard try SystemFile.status(of: folder)?.isFolder == true else { continue }
            for name in try SystemFile.names(in: folder) where isEntry(name) {
                // Another process may have removed it meanwhile.
                guard let status = try SystemFile.status(of: "\(folder)/\(name)"),
                    status.isRegular
                else { continue }
                entries.append(
                    Entry(
                        path: "\(folder)/\(name)",
                        bytes: status.byteCount,
                        modified: status.modified
                    )
                )
            }
        }
        return entries
    }

    private static func isEntry(_ name: String) -> Bool {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count > 2, parts[0].isEmpty, parts[parts.count - 1] == "partial" else {
            return parts.count == 2 && isHexadecimal(parts[0], count: 16)
                && parts[1] == "safetensors"
        }
        return isHexadecimal(parts[1], count: 16)
    }

    private static func isHexadecimal(_ text: some StringProtocol, count: Int) -> Bool {
        text.utf8.count == count
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    /// Removes the oldest entries.
    ///
    /// - Returns: The bytes of those that are left.
    private static func thin(_ path: String, to bytesMax: Int) throws(FileError) -> Int {
        let entries = try entries(path).sorted { ($0.modified, $0.path) < ($1.modified, $1.path) }
        var bytes = entries.reduce(0) { $0 + $1.bytes }
        for entry in entries where bytes > bytesMax {
            try SystemFile.delete(entry.path)
            bytes -= entry.bytes
        }
        return bytes
    }
}
