/// Whose fault a failure is; each class has a budget of its own.
package enum FailureClass: String, CaseIterable, Hashable, Sendable {
    /// The unit's own: a value that is not finite, input that does not fit. Three distinct workers.
    case unit
    /// The machine's: the sampler crashed or hung, a device error.
    case worker
    /// The machine lacks something: memory, disk, the model.
    case resource
    /// Nobody's: a lost lease, a preemption, a drain, a restart.
    case infrastructure
    /// The job's: its settings make no run. Fails the job at once.
    case specification
}

/// What a worker says of a unit it could not finish.
package struct UnitFailure: Hashable, Sendable {
    package let failureClass: FailureClass
    /// One sentence for a person.
    package let reason: String

    package init(_ failureClass: FailureClass, _ reason: String) {
        self.failureClass = failureClass
        self.reason = reason
    }
}

/// What became of a result that a worker delivered.
package enum ResultDisposition: String, CaseIterable, Hashable, Sendable {
    /// It is the unit's result now.
    case accepted
    /// The unit has its result already.
    case duplicate
    /// The unit, or its job, is not wanted any more.
    case unneeded
    /// It is no valid result; the unit is still open.
    case rejected
}

/// What the ledger keeps of a result.
package struct ResultSummary: Hashable, Sendable {
    /// BLAKE2b-256 of the tensor's bytes.
    package let checksum: [UInt8]
    package let byteCount: Int
    /// The least and largest value: of depth, the range that the shot's normalisation joins.
    package let least: Float
    package let largest: Float

    package init(checksum: [UInt8], byteCount: Int, least: Float, largest: Float) {
        self.checksum = checksum
        self.byteCount = byteCount
        self.least = least
        self.largest = largest
    }
}
