/// A job of one coordinator, numbered from 1 in the order of acceptance; written `job-17`.
package struct JobID: Hashable, Comparable, Sendable, LosslessStringConvertible {
    package let number: UInt64

    package init(_ number: UInt64) {
        self.number = number
    }

    /// Reads `job-17` or `17`.
    package init?(_ description: String) {
        let digits =
            description.hasPrefix("job-") ? description.dropFirst(4) : description[...]
        guard let number = UInt64(digits), number > 0 else { return nil }
        self.init(number)
    }

    package static func < (left: JobID, right: JobID) -> Bool { left.number < right.number }

    package var description: String { "job-\(number)" }
}

/// A worker: its CURVE public key as Z85, or where there are no keys a name it drew at its start.
package struct WorkerID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let name: String

    package init(_ name: String) {
        self.name = name
    }

    package static func < (left: WorkerID, right: WorkerID) -> Bool { left.name < right.name }

    package var description: String { name }
}

/// A work unit among all jobs.
///
/// The content unit of a job is the one of shot 0: there is one prompt.
package struct UnitKey: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let job: JobID
    /// Shot of the job, from 0.
    package let shot: Int
    package let unit: UnitID

    package init(job: JobID, shot: Int, unit: UnitID) {
        precondition(shot >= 0 && (shot == 0 || unit.kind != .content), "\(unit) of shot \(shot)")
        self.job = job
        self.shot = shot
        self.unit = unit
    }

    package static func < (left: UnitKey, right: UnitKey) -> Bool {
        if left.job != right.job { return left.job < right.job }
        if left.shot != right.shot { return left.shot < right.shot }
        return left.unit < right.unit
    }

    package var description: String {
        unit.kind == .content ? "\(job)/\(unit)" : "\(job)/\(shot)/\(unit)"
    }
}

/// Orders the grants of a farm: a later start of the coordinator is greater, then a later grant.
package struct Epoch: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Starts of the coordinator, from 1.
    package let instance: UInt64
    /// Grants of that start, from 1.
    package let number: UInt64

    package init(instance: UInt64, number: UInt64) {
        self.instance = instance
        self.number = number
    }

    package static func < (left: Epoch, right: Epoch) -> Bool {
        (left.instance, left.number) < (right.instance, right.number)
    }

    package var description: String { "\(instance).\(number)" }
}

/// The right of one worker to run one unit for a while; its epoch names the attempt.
package struct Lease: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let unit: UnitKey
    package let epoch: Epoch

    package init(_ unit: UnitKey, _ epoch: Epoch) {
        self.unit = unit
        self.epoch = epoch
    }

    package static func < (left: Lease, right: Lease) -> Bool {
        left.epoch != right.epoch ? left.epoch < right.epoch : left.unit < right.unit
    }

    package var description: String { "\(unit)@\(epoch)" }
}
