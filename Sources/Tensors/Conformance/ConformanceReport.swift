/// How a device fares with all cases of the suite: what somebody runs on a new machine.
package struct ConformanceReport: Sendable {
    /// What a device is held to.
    package struct Terms: Hashable, Sendable {
        /// Instead of each case's own bound.
        package var bound: Double?
        /// Whether it has numbers smaller than the normal ones of float16.
        package var hasTinyValues: Bool

        package init(bound: Double? = nil, hasTinyValues: Bool = true) {
            self.bound = bound
            self.hasTinyValues = hasTinyValues
        }
    }

    /// All cases of one operation.
    package struct Operation: Hashable, Sendable {
        package let name: String
        package var cases = 0
        package var skipped = 0
        /// The largest error, and the case it comes from.
        package var worst = 0.0
        package var worstCase = ""
        /// Cases beyond their bound, each with its error.
        package var failures: [String] = []
    }

    /// In the order of the suite.
    package private(set) var operations: [Operation] = []

    /// Runs the suite.
    ///
    /// - Throws: `BackendError` if the device fails.
    package init(of backend: any Backend, _ terms: Terms = Terms()) throws {
        for conformance in ConformanceSuite.cases {
            let outcome: ConformanceCase.Outcome? =
                conformance.hasTinyValues && !terms.hasTinyValues
                ? nil : try conformance.run(on: backend, bound: terms.bound)
            add(conformance, outcome)
        }
    }

    package var isPassed: Bool { operations.allSatisfy(\.failures.isEmpty) }

    /// Counts a case; without an outcome it was skipped.
    private mutating func add(_ conformance: ConformanceCase, _ outcome: ConformanceCase.Outcome?) {
        if !operations.contains(where: { $0.name == conformance.operation }) {
            operations.append(Operation(name: conformance.operation))
        }
        for index in operations.indices where operations[index].name == conformance.operation {
            operations[index].cases += 1
            guard let outcome else {
                operations[index].skipped += 1
                continue
            }
            if outcome.error >= operations[index].worst {
                operations[index].worst = outcome.error
                operations[index].worstCase = conformance.detail
            }
            if !outcome.isWithinBound {
                operations[index].failures.append("\(conformance.detail): \(outcome.error)")
            }
        }
    }
}
