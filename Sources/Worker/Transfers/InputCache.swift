package import Scheduling
package import Tensors
package import WireProtocol

/// Names an input that lies in the cache.
package enum InputKey: Hashable, Sendable {
    /// The same for all rounds of a window. The whole specification stands for the job: a
    /// coordinator that lost its ledger gives the numbers of jobs again.
    case kept(JobSpecification, UnitKey, name: String)
    /// Of one lease.
    case own(Lease, name: String)

    /// The key of an input of an offer.
    package init(_ input: InputDescription, of offer: OfferMessage) {
        guard input.isKept else {
            self = .own(offer.lease, name: input.name)
            return
        }
        let unit = offer.lease.unit
        // The round is what may differ.
        let anyRound = UnitKey(
            job: unit.job,
            shot: unit.shot,
            unit: UnitID(unit.unit.kind, index: unit.unit.index)
        )
        self = .kept(offer.job, anyRound, name: input.name)
    }

    var isKept: Bool {
        if case .kept = self { true } else { false }
    }
}

/// Fetched inputs as files for the runner, within a bound of bytes.
///
/// What no unit uses any more goes, least recently used first: at once if it belongs to one lease,
/// when room is needed or after `keepTime` if rounds share it. Nothing survives the process.
package final class InputCache {
    /// Shared inputs that no unit has used for this long are of jobs that have come to their end.
    package static let keepTime = Duration.seconds(600)

    private let folder: String
    package let byteLimit: Int
    package private(set) var byteCount = 0
    private var entries: [InputKey: Entry] = [:]
    private var number = 0

    private struct Entry {
        let path: String
        let byteCount: Int
        var isComplete = false
        var users: Set<Lease>
        var lastUse: Instant
    }

    /// Opens an empty cache.
    ///
    /// - Parameters:
    ///   - folder: Made if it is missing; what is in it is removed.
    ///   - byteLimit: Bytes of tensors at most.
    /// - Throws: `FileError` if the folder cannot be made or emptied.
    package init(folder: String, byteLimit: Int) throws(FileError) {
        self.folder = folder
        self.byteLimit = byteLimit
        try SystemFile.makeFolder(folder)
        for name in try SystemFile.names(in: folder) {
            try SystemFile.delete("\(folder)/\(name)")
        }
    }

    /// What there is of an input.
    package enum Presence: Hashable, Sendable {
        case missing
        /// Somebody is fetching it.
        case incomplete
        case complete
    }

    /// Looks an input up for a lease, which then uses it until `release`.
    package func use(_ key: InputKey, for lease: Lease, at now: Instant) -> Presence {
        guard let entry = entries[key] else { return .missing }
        entries[key]?.users.insert(lease)
        entries[key]?.lastUse = now
        return entry.isComplete ? .complete : .incomplete
    }

    /// Makes room for an input, which `writer(of:_:)` then brings.
    ///
    /// - Parameters:
    ///   - key: Not in the cache.
    ///   - input: Its name, type and shape.
    ///   - lease: Who uses it.
    ///   - now: The time.
    /// - Returns: False if all room is taken by inputs in use.
    /// - Throws: `WireError` if the tensor is larger than any that travels.
    package func reserve(
        _ key: InputKey,
        _ input: InputDescription,
        for lease: Lease,
        at now: Instant
    ) throws(WireError) -> Bool {
        precondition(entries[key] == nil, "\(input.name) is in the cache")
        let bytes = try input.byteCount()
        guard makeRoom(for: bytes) else { return false }
        number += 1
        let path = "\(folder)/\(number).safetensors"
        entries[key] = Entry(path: path, byteCount: bytes, users: [lease], lastUse: now)
        byteCount += bytes
        return true
    }

    /// Opens the file of an input that room was made for.
    ///
    /// - Throws: `FileError` if it cannot be made.
    package func writer(
        of key: InputKey,
        _ input: InputDescription
    ) throws(FileError) -> SafetensorsWriter {
        guard let entry = entries[key] else { preconditionFailure("\(input.name) has no room") }
        return try SafetensorsWriter(
            path: entry.path,
            entries: [
                .init(
                    name: input.name,
                    scalarType: ScalarType(input.scalarType),
                    shape: Shape(input.shape)
                )
            ]
        )
    }

    /// The file is complete.
    package func finish(_ key: InputKey) {
        entries[key]?.isComplete = true
    }

    /// The file of a complete input.
    package func path(of key: InputKey) -> String? {
        entries[key].flatMap { $0.isComplete ? $0.path : nil }
    }

    /// Who waits for an input or uses it, in order.
    package func users(of key: InputKey) -> [Lease] {
        entries[key]?.users.sorted() ?? []
    }

    /// A lease needs an input no longer.
    ///
    /// - Returns: Whether the input is gone with it: nobody else uses it, and it is not kept.
    package func release(_ key: InputKey, by lease: Lease) -> Bool {
        guard var entry = entries[key] else { return true }
        entry.users.remove(lease)
        entries[key] = entry
        guard entry.users.isEmpty, !(key.isKept && entry.isComplete) else { return false }
        drop(key)
        return true
    }

    /// Removes an input, whoever uses it.
    package func drop(_ key: InputKey) {
        guard let entry = entries.removeValue(forKey: key) else { return }
        byteCount -= entry.byteCount
        // A file that cannot be removed is out of the books all the same: the next start tries.
        try? SystemFile.delete(entry.path)
    }

    /// Drops kept inputs that no unit has used for `keepTime`.
    package func expire(at now: Instant) {
        let old = entries.filter {
            $0.value.users.isEmpty && now >= $0.value.lastUse + Self.keepTime
        }
        for key in old.keys { drop(key) }
    }

    private func makeRoom(for bytes: Int) -> Bool {
        guard bytes <= byteLimit else { return false }
        let free = entries.filter { $0.value.users.isEmpty }
            .sorted { $0.value.lastUse < $1.value.lastUse }
        let reclaimable = free.reduce(0) { $0 + $1.value.byteCount }
        guard byteCount - reclaimable + bytes <= byteLimit else { return false }
        for (key, _) in free where byteCount + bytes > byteLimit { drop(key) }
        return true
    }
}
