/// How a device fares with all cases of a suite: what somebody runs on a new machine.
package struct ConformanceReport: Sendable {
    /// What a device is held to.
    package struct Terms: Hashable, Sendable {
        /// Instead of each case's own bound.
        package var bound: Double?
        /// Whether it has numbers smaller than the normal ones of float16.
        package var hasTinyValues: Bool
        /// Of gradients, instead of each case's own bound.
        package var gradientBound: Double?

        package init(
            bound: Double? = nil,
            hasTinyValues: Bool = true,
            gradientBound: Double? = nil
        ) {
            self.bound = bound
            self.hasTinyValues = hasTinyValues
            self.gradientBound = gradientBound
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

    /// Runs the suite of operations.
    ///
    /// - Throws: `BackendError` if the device fails.
    package init(of backend: any Backend, _ terms: Terms = Terms()) throws {
        for conformance in ConformanceSuite.cases {
            let outcome: ConformanceCase.Outcome? =
                conformance.hasTinyValues && !terms.hasTinyValues
                ? nil : try conformance.run(on: backend, bound: terms.bound)
            add(
                conformance.operation,
                conformance.detail,
                outcome.map { ($0.error, $0.isWithinBound) }
            )
        }
    }

    /// Runs the suite of gradients.
    ///
    /// - Throws: `BackendError` if the device fails.
    package init(
        ofGradientsOn backend: any DifferentiableBackend,
        _ terms: Terms = Terms()
    ) throws {
        for gradient in GradientSuite.cases {
            let outcome = try gradient.run(on: backend, bound: terms.gradientBound)
            add(gradient.operation, gradient.detail, (outcome.error, outcome.isWithinBound))
        }
    }

    package var isPassed: Bool { operations.allSatisfy(\.failures.isEmpty) }

    /// Counts a case; without an outcome it was skipped.
    private mutating func add(
        _ name: String,
        _ detail: String,
        _ outcome: (error: Double, isWithinBound: Bool)?
    ) {
        if !operations.contains(where: { $0.name == name }) {
            operations.append(Operation(name: name))
        }
        for index in operations.indices where operations[index].name == name {
            operations[index].cases += 1
            guard let outcome else {
                operations[index].skipped += 1
                continue
            }
            if outcome.error >= operations[index].worst {
                operations[index].worst = outcome.error
                operations[index].worstCase = detail
            }
            if !outcome.isWithinBound {
                operations[index].failures.append("\(detail): \(outcome.error)")
            }
        }
    }
}
