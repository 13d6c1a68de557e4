import Scheduling
import Synchronization

/// A result on the disk, as the ledger knows it.
struct StoredUnit: Hashable, Sendable {
    let key: UnitKey
    let summary: ResultSummary
}

/// A result that was accepted and cannot be read as it was written.
struct LostResult: Error, Hashable, Sendable, CustomStringConvertible {
    let unit: UnitKey
    /// What is wrong with it, as a sentence.
    let description: String
}

/// Results as they are read again: from the disk, checked each time, or from memory.
///
/// Used by all queues.
final class StoredResults: Sendable {
    private let store: ArtifactStore
    private let recent: Mutex<ByteCache<UnitKey, Recent>>

    private struct Recent {
        let checksum: [UInt8]
        let bytes: [UInt8]
    }

    init(_ store: ArtifactStore, byteLimit: Int) {
        self.store = store
        recent = Mutex(ByteCache(byteLimit: byteLimit))
    }

    /// All bytes of a result.
    ///
    /// - Throws: `LostResult` if it is missing, or not what was accepted.
    func read(_ unit: StoredUnit) throws(LostResult) -> [UInt8] {
        let known = recent.withLock { $0.value(for: unit.key) }
        if let known, known.checksum == unit.summary.checksum { return known.bytes }
        let bytes: [UInt8]
        do {
            bytes = try store.read(unit.key, expecting: unit.summary)
        } catch {
            throw LostResult(unit: unit.key, description: "\(error)")
        }
        remember(bytes, of: unit)
        return bytes
    }

    /// Keeps a result that was just written, since its neighbours will want it soon.
    func remember(_ bytes: [UInt8], of unit: StoredUnit) {
        let entry = Recent(checksum: unit.summary.checksum, bytes: bytes)
        recent.withLock { $0.insert(entry, for: unit.key, bytes: bytes.count) }
    }

    func forget(_ unit: UnitKey) {
        recent.withLock { $0.remove(unit) }
    }

    func forget(_ job: JobID) {
        recent.withLock { $0.removeAll { $0.job == job } }
    }
}
