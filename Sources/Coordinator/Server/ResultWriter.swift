import Dispatch
import Scheduling
import Synchronization
import Tensors
import WireProtocol

/// A whole result as a worker delivered it.
struct Delivery: Sendable {
    let worker: WorkerID
    let lease: Lease
    let header: TensorHeader
    let bytes: [UInt8]
}

/// What became of a delivery.
struct DeliveryOutcome: Sendable {
    enum Verdict: Sendable {
        /// Valid, and durable as the unit's candidate.
        case stored(ResultSummary)
        case invalid(String)
        /// The disk takes no more; the worker keeps it and delivers again.
        case diskFull(String)
        /// The disk did not keep its word: nothing may be promised any more.
        case fatal(String)
    }

    let worker: WorkerID
    let lease: Lease
    let verdict: Verdict
}

/// Checks results and makes them durable, as many at a time as have come while the last ones were
/// synced: a sync costs the same for one and for a hundred.
final class ResultWriter: Sendable {
    private let store: ArtifactStore
    private let results: StoredResults
    private let tell: @Sendable ([DeliveryOutcome]) -> Void
    private let checks = DispatchQueue(label: "weft.checks", attributes: .concurrent)
    private let writes = DispatchQueue(label: "weft.writes")
    private let waiting = Mutex<[(Delivery, ResultSummary)]>([])

    /// Makes a writer.
    ///
    /// - Parameters:
    ///   - store: Where results go.
    ///   - results: Remembers what was written.
    ///   - tell: Called on a queue with what became of some deliveries.
    init(
        _ store: ArtifactStore,
        _ results: StoredResults,
        tell: @escaping @Sendable ([DeliveryOutcome]) -> Void
    ) {
        self.store = store
        self.results = results
        self.tell = tell
    }

    /// Takes a delivery, of a unit that is wanted and that no other delivery is being written for.
    func submit(_ delivery: Delivery) {
        checks.async { [self] in
            let kind = delivery.lease.unit.unit.kind
            switch ResultCheck.summary(delivery.bytes, delivery.header, kind) {
            case .failure(let invalid): tell([delivery.outcome(.invalid(invalid.reason))])
            case .success(let summary):
                let isFirst = waiting.withLock { waiting in
                    waiting.append((delivery, summary))
                    return waiting.count == 1
                }
                // Whoever finds the list empty brings it to the disk, with what comes until then.
                if isFirst { writes.async { self.writeWaiting() } }
            }
        }
    }

    /// Removes a result that nobody will ask for, after all that was submitted before.
    func discard(_ unit: UnitKey) {
        results.forget(unit)
        writes.async { [store] in store.remove(unit) }
    }

    /// Removes all results of a job.
    func discard(_ job: JobID) {
        results.forget(job)
        writes.async { [store] in store.remove(job) }
    }

    /// Returns when everything submitted so far is on the disk.
    func finish() {
        checks.sync(flags: .barrier) {}
        writes.sync {}
    }

    private func writeWaiting() {
        let group = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        do {
            try store.write(group.map { ($0.0.lease.unit, $0.0.bytes) })
            for (delivery, summary) in group {
                let unit = StoredUnit(key: delivery.lease.unit, summary: summary)
                results.remember(delivery.bytes, of: unit)
            }
            tell(group.map { $0.0.outcome(.stored($0.1)) })
        } catch {
            let verdict: DeliveryOutcome.Verdict =
                error.isBrokenPromise ? .fatal("\(error)") : .diskFull("\(error)")
            tell(group.map { $0.0.outcome(verdict) })
        }
    }
}

extension Delivery {
    fileprivate func outcome(_ verdict: DeliveryOutcome.Verdict) -> DeliveryOutcome {
        DeliveryOutcome(worker: worker, lease: lease, verdict: verdict)
    }
}
