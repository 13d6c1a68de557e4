package import Tensors

/// What is remembered of the parts of networks that were run last; the least recently used goes
/// first.
package struct ReplayShelf<Recording> {
    /// What is known of a part.
    package enum Known {
        case nothing
        /// It was run, and will be run again.
        case wasRun
        case recorded(Recording)
    }

    private struct Entry {
        weak var owner: ReplayOwner?
        let name: String
        let shapes: [Shape]
        var recording: Recording?
    }

    private let most: Int
    /// The most recently used last.
    private var entries: [Entry] = []

    /// - Parameter most: Entries that are kept.
    package init(most: Int) {
        self.most = most
    }

    package var count: Int { entries.count }
    package var recordings: [Recording] { entries.compactMap(\.recording) }

    /// What is known of a part that is about to be run, which is remembered from now on.
    package mutating func use(_ key: ReplayKey, _ shapes: [Shape]) -> Known {
        // An owner that is gone never comes back, whatever lies where it was.
        entries.removeAll { $0.owner == nil }
        guard let index = index(of: key, shapes) else {
            entries.append(Entry(owner: key.owner, name: key.name, shapes: shapes))
            entries.removeFirst(max(0, entries.count - most))
            return .nothing
        }
        let entry = entries.remove(at: index)
        entries.append(entry)
        return entry.recording.map { .recorded($0) } ?? .wasRun
    }

    /// Keeps what was made of a part that is in use.
    package mutating func keep(_ recording: Recording, for key: ReplayKey, _ shapes: [Shape]) {
        guard let index = index(of: key, shapes) else { return }
        entries[index].recording = recording
    }

    package mutating func removeAll() {
        entries.removeAll()
    }

    private func index(of key: ReplayKey, _ shapes: [Shape]) -> Int? {
        entries.firstIndex {
            $0.owner === key.owner && $0.name == key.name && $0.shapes == shapes
        }
    }
}
