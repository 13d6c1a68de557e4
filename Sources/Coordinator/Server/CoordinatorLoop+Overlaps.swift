import Dispatch
import Logging
import Scheduling
import WireProtocol

// Between the disk and the machine: a window's result is compared with its neighbours' of the same
// round before the machine hears of it, so that the numbers are in the ledger with its acceptance.
// A coordinator that is killed at any instant forgets no comparison.

/// A valid result that is on the disk, and what its comparisons have given so far.
struct Candidate: Sendable {
    let worker: WorkerID
    let lease: Lease
    let summary: ResultSummary
    /// By the other window; nil where the ledger has the numbers of an earlier result of the unit.
    var measured: [Int: MismatchRecord?] = [:]

    init(_ worker: WorkerID, _ lease: Lease, _ summary: ResultSummary) {
        self.worker = worker
        self.lease = lease
        self.summary = summary
    }
}

extension CoordinatorLoop {
    /// Tells the machine of a result once all of its overlaps are measured.
    func consider(_ candidate: Candidate) throws(CoordinatorError) {
        var candidate = candidate
        let unit = candidate.lease.unit
        if farm.isMadeAgain(unit) {
            for other in farm.overlaps(of: unit) where try storage.isMeasured(unit, other) {
                candidate.measured[other] = .some(nil)
            }
        }
        // Others of its neighbours may have been accepted while the first ones were compared.
        let others = farm.overlaps(of: unit).filter { candidate.measured[$0] == nil }
        if let measurement = measurement(of: candidate, with: others) {
            return start(measurement, candidate)
        }
        storing.remove(unit)
        if farm.wants(unit) {
            for other in candidate.measured.keys.sorted() {
                if let record = candidate.measured[other] ?? nil { note(record) }
            }
        }
        tell(.resultStored(candidate.worker, candidate.lease, candidate.summary))
    }

    private func start(_ measurement: OverlapMeasurement, _ candidate: Candidate) {
        let (results, mailbox) = (storage.results, mailbox)
        media.computing.async {
            var candidate = candidate
            do throws(LostResult) {
                for record in try measurement.run(results) {
                    let own = candidate.lease.unit.unit.index
                    candidate.measured[record.left == own ? record.right : record.left] = record
                }
                mailbox.post(.measured(candidate))
            } catch {
                mailbox.post(.unmeasured(candidate, error))
            }
        }
    }

    /// A comparison found that a result is not on the disk any more.
    func unmeasured(_ candidate: Candidate, _ lost: LostResult) throws(CoordinatorError) {
        guard lost.unit == candidate.lease.unit else {
            lose(lost)
            return try consider(candidate)
        }
        // Its worker has it still and delivers again.
        storing.remove(lost.unit)
        logger.error(
            "a result is lost before it was accepted",
            metadata: lost.unit.metadata(["reason": "\(lost)"])
        )
    }

    private func measurement(
        of candidate: Candidate,
        with others: [Int]
    ) -> OverlapMeasurement? {
        let key = candidate.lease.unit
        guard !others.isEmpty, let shot = farm.outline(of: key.shot, in: key.job),
            let fuser = jobs[key.job]?.fuser(of: shot),
            let job = jobs[key.job]?.specification
        else { return nil }
        var units = [key.unit.index: StoredUnit(key: key, summary: candidate.summary)]
        for window in others {
            let id = UnitID(.sample, index: window, round: key.unit.round)
            units[window] = stored(UnitKey(job: key.job, shot: key.shot, unit: id))
        }
        let frame = UnitTensors.result(of: key.unit, frames: 0..<1, in: job)
        return OverlapMeasurement(
            key: key,
            neighbours: others,
            units: units,
            fuser: fuser,
            frameShape: Array(frame.shape.dropFirst())
        )
    }

    private func note(_ overlap: MismatchRecord) {
        jobs[overlap.job]?.mismatches.add(
            overlap.ratio,
            round: overlap.round,
            window: overlap.left
        )
        storage.note(overlap)
        logger.debug(
            "overlap mismatch",
            metadata: [
                "job.id": "\(overlap.job)", "shot": "\(overlap.shot)", "round": "\(overlap.round)",
                "windows": "\(overlap.left)-\(overlap.right)", "ratio": "\(overlap.ratio)",
            ]
        )
    }
}
