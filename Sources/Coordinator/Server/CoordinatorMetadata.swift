import Logging
import Scheduling

// How units and leases stand in the log.

extension UnitKey {
    func metadata(_ more: Logger.Metadata = [:]) -> Logger.Metadata {
        more.merging(["job.id": "\(job)", "unit.id": "\(self)"]) { first, _ in first }
    }
}

extension Lease {
    func metadata(_ more: Logger.Metadata = [:]) -> Logger.Metadata {
        unit.metadata(more.merging(["lease.epoch": "\(epoch)"]) { first, _ in first })
    }
}
