import Synchronization

/// Long work of the coordinator itself that may be called off: planning or assembling a job.
package final class Errand: Sendable {
    private let flag = Atomic(false)

    package init() {}

    package var isAbandoned: Bool { flag.load(ordering: .acquiring) }

    package func abandon() {
        flag.store(true, ordering: .releasing)
    }
}
