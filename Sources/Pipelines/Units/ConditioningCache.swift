import Tensors

/// Encoded conditioning of single frames, least recently used first out.
///
/// Neighbouring windows share frames, and a window comes back every round: without this each would
/// be encoded again, which takes longer than a step.
struct ConditioningCache {
    enum Kind: Hashable {
        case structure
        case source
    }

    struct Key: Hashable {
        let job: String
        let shot: Int
        /// Within the shot.
        let frame: Int
        let kind: Kind
    }

    private struct Entry {
        let latent: HostTensor
        var lastUse: UInt64
    }

    private var entries: [Key: Entry] = [:]
    private var uses: UInt64 = 0
    private(set) var byteCount = 0
    private let bytesMax: Int

    init(bytesMax: Int) {
        self.bytesMax = bytesMax
    }

    /// A frame's latent, `[1, h, w, C]`.
    mutating func latent(_ key: Key) -> HostTensor? {
        guard let entry = entries[key] else { return nil }
        uses += 1
        entries[key]?.lastUse = uses
        return entry.latent
    }

    mutating func insert(_ latent: HostTensor, for key: Key) {
        let bytes = Self.bytes(latent)
        guard entries[key] == nil, bytes <= bytesMax else { return }
        uses += 1
        entries[key] = Entry(latent: latent, lastUse: uses)
        byteCount += bytes
        guard byteCount > bytesMax else { return }
        // Rare, and a quarter at a time, so that a full cache does not sort itself at every frame.
        for (old, entry) in entries.sorted(by: { $0.value.lastUse < $1.value.lastUse }) {
            guard byteCount > bytesMax / 4 * 3, old != key else { break }
            entries[old] = nil
            byteCount -= Self.bytes(entry.latent)
        }
    }

    private static func bytes(_ latent: HostTensor) -> Int {
        latent.values.count * MemoryLayout<Float>.stride
    }
}
