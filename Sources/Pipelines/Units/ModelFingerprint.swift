import Foundation
package import Models
import Tensors

/// Tells a model from every other, without reading all of it.
///
/// Covers names and sizes of the files that weft reads, configs and tokenizers whole, and of each
/// weight file its first MiB (the header with all names and shapes) and 64 blocks of 64 KiB evenly
/// over the rest. Training changes every weight, so two checkpoints differ in each block.
package enum ModelFingerprint {
    private static let headBytes = 1 << 20
    private static let blockBytes = 64 << 10
    private static let blockCount = 64

    /// Opens a folder and reads it.
    ///
    /// - Parameters:
    ///   - path: The model's folder.
    ///   - hash: A cryptographic hash of some bytes, such as BLAKE2b-256.
    /// - Returns: As many bytes as `hash` gives.
    /// - Throws: `UnitError` of the class `resource` if the folder or a file cannot be read.
    package static func of(_ path: String, hash: ([UInt8]) -> [UInt8]) throws(UnitError) -> [UInt8]
    {
        do {
            return try of(CheckpointFolder.open(path), hash: hash)
        } catch {
            throw UnitError(error)
        }
    }

    /// Reads the folder.
    ///
    /// - Parameters:
    ///   - folder: The model.
    ///   - hash: A cryptographic hash of some bytes, such as BLAKE2b-256.
    /// - Returns: As many bytes as `hash` gives.
    /// - Throws: `FileError` if a file cannot be read.
    package static func of(
        _ folder: CheckpointFolder,
        hash: ([UInt8]) -> [UInt8]
    ) throws -> [UInt8] {
        var state = hash([])
        func add(_ bytes: [UInt8]) { state = hash(state + hash(bytes)) }
        for component in folder.components {
            guard let status = try SystemFile.status(of: component.path), status.isFolder else {
                continue
            }
            for name in try SystemFile.names(in: component.path).sorted() {
                let path = "\(component.path)/\(name)"
                let isWeights = name.hasSuffix(".safetensors")
                guard isWeights || name.hasSuffix(".json") || name.hasSuffix(".txt"),
                    let status = try SystemFile.status(of: path), status.isRegular
                else { continue }
                add(Array("\(component.name)/\(name):\(status.byteCount)".utf8))
                if isWeights {
                    for block in try blocks(of: path, byteCount: status.byteCount) { add(block) }
                } else {
                    add(try SystemFile.read(path, limit: 64 << 20))
                }
            }
        }
        return state
    }

    private static func blocks(of path: String, byteCount: Int) throws -> [[UInt8]] {
        guard let file = FileHandle(forReadingAtPath: path) else {
            return [try SystemFile.read(path, limit: headBytes)]
        }
        defer { try? file.close() }
        func read(_ offset: Int, _ count: Int) throws -> [UInt8] {
            try file.seek(toOffset: UInt64(offset))
            return Array(try file.read(upToCount: count) ?? Data())
        }
        var result = [try read(0, headBytes)]
        let rest = byteCount - headBytes
        guard rest > 0 else { return result }
        for index in 0..<blockCount {
            let last = max(0, rest - blockBytes)
            result.append(try read(headBytes + last * index / (blockCount - 1), blockBytes))
        }
        return result
    }
}
