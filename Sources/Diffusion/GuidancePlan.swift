package import Tensors

/// One of the three ways a denoiser is evaluated in a step; the structure input is always there.
package enum GuidanceBranch: Int, CaseIterable, Sendable {
    /// Temporal layers off, null content: μ^π(z, ∅).
    case imageWithoutContent = 0
    /// Temporal layers on, null content: μ(z, ∅).
    case videoWithoutContent = 1
    /// Temporal layers on, with content: μ(z, c).
    case videoWithContent = 2
}

/// Which evaluations of the denoiser a guided step needs, and how they are combined.
///
/// Esser et al. 2023 (arXiv 2302.03011), section 3.3, with ω the guidance scale and ω_t the
/// temporal scale:
///
///     μ̃ = μ^π(z, ∅) + ω_t · (μ(z, ∅) − μ^π(z, ∅)) + ω · (μ(z, c) − μ(z, ∅))
///
/// The coefficients 1 − ω_t, ω_t − ω and ω sum to one, so the rule holds for ε, v and x̂₀ alike.
/// Evaluations whose coefficient is zero are left out: with ω_t = 1 two remain (classifier-free
/// guidance), with ω = ω_t = 1 one.
package struct GuidancePlan: Hashable, Sendable {
    package struct Term: Hashable, Sendable {
        package let branch: GuidanceBranch
        package let coefficient: Double
    }

    /// The evaluations needed, in the order of `GuidanceBranch`; never empty.
    package let terms: [Term]

    /// Plans a step.
    ///
    /// - Parameters:
    ///   - scale: ω; 1 is no guidance.
    ///   - temporalScale: ω_t; 1 for networks without an image mode.
    package init(scale: Double, temporalScale: Double = 1) {
        precondition(scale.isFinite && temporalScale.isFinite, "\(scale), \(temporalScale)")
        terms = [
            Term(branch: .imageWithoutContent, coefficient: 1 - temporalScale),
            Term(branch: .videoWithoutContent, coefficient: temporalScale - scale),
            Term(branch: .videoWithContent, coefficient: scale),
        ].filter { $0.coefficient != 0 }
    }

    /// Combines the evaluations on their device.
    ///
    /// - Parameter outputs: One output for each of `terms`, in their order, all of one shape.
    /// - Returns: μ̃, of that shape.
    package func combine(_ outputs: [Tensor]) -> Tensor {
        precondition(outputs.count == terms.count, "\(outputs.count) of \(terms.count) outputs")
        if terms.count == 1, terms[0].coefficient == 1 { return outputs[0] }
        return outputs[0].backend.combine(
            zip(terms, outputs).map { (coefficient: Float($0.coefficient), tensor: $1) }
        )
    }

    /// Combines the evaluations in ordinary memory.
    package func combine(_ outputs: [HostTensor]) -> HostTensor {
        precondition(outputs.count == terms.count, "\(outputs.count) of \(terms.count) outputs")
        let values = outputs[0].values.indices.map { index in
            Float(
                zip(terms, outputs).reduce(0) { $0 + $1.0.coefficient * Double($1.1.values[index]) }
            )
        }
        return HostTensor(values, outputs[0].shape)
    }
}
