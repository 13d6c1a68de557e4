import Synchronization
package import ZeroMQ

/// Who may talk to a running coordinator, as the store's folder says it now.
///
/// Shared by the authenticator's thread and the loop. Fails closed: while the folder cannot be
/// read, nobody is on the list.
package final class AllowList: Sendable {
    /// How long the list may be older than the folder.
    package static let refreshInterval = Duration.seconds(2)

    private let store: KeyStore
    private let state: Mutex<State>

    private struct State {
        var entries: [KeyFolder.Entry]?
        var keys: [CurveKey: EnrolledKey] = [:]
        /// Keys that left the list since `refresh` told so.
        var dropped: [CurveKey: EnrolledKey] = [:]
        var faults: [KeyStoreError] = []
        var isReadable = false
        var looked: ContinuousClock.Instant?
    }

    /// Reads the list.
    package init(_ store: KeyStore) {
        self.store = store
        state = Mutex(State())
        _ = refresh()
    }

    /// Who holds `key`; nil if nobody who may connect does.
    package func holder(of key: CurveKey) -> EnrolledKey? {
        state.withLock { $0.keys[key] }
    }

    /// For the authenticator: looks at the folder first if it was not looked at of late, so that
    /// a busy loop lets nobody in by an old list.
    package func verdict(on key: CurveKey) -> Authenticator.Verdict {
        state.withLock { state in
            let age = state.looked.map { $0.duration(to: .now) }
            if age.map({ $0 >= AllowList.refreshInterval }) ?? true { look(&state) }
            guard state.isReadable else { return .unavailable }
            return state.keys[key] == nil ? .refused : .admitted
        }
    }

    /// Looks whether the folder has changed, and reads it if so.
    ///
    /// To be called every `refreshInterval`, and when an operator asks.
    ///
    /// - Returns: Whom to drop, because they are no longer on the list or have another role.
    package func refresh() -> [EnrolledKey] {
        state.withLock { state in
            look(&state)
            let dropped = state.dropped.values.filter { state.keys[$0.key]?.role != $0.role }
            state.dropped = [:]
            return dropped.sorted { $0.name < $1.name }
        }
    }

    /// What is wrong with the folder or its files; empty if nothing is.
    package var faults: [KeyStoreError] {
        state.withLock { $0.faults }
    }

    private func look(_ state: inout State) {
        state.looked = .now
        let before = state.keys
        defer {
            for old in before.values where state.keys[old.key]?.role != old.role {
                state.dropped[old.key] = old
            }
        }
        do {
            let entries = try store.entries()
            guard entries != state.entries else { return }
            let list = store.read(entries)
            state.entries = entries
            state.keys = Dictionary(uniqueKeysWithValues: list.keys.map { ($0.key, $0) })
            state.faults = list.faults
            state.isReadable = true
        } catch {
            state.entries = nil
            state.keys = [:]
            state.faults = [KeyStoreError(.file(error))]
            state.isReadable = false
        }
    }
}
