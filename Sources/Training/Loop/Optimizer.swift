package import Tensors

/// AdamW over all parameters that train, with the moving average of their values.
///
/// A parameter that no gradient has reached is left as it is: its value does not decay and its
/// moments do not fade, and its number of updates, which corrects the moments' bias, stays.
package final class Optimizer {
    private struct Slot {
        let name: String
        let parameter: TrainableParameter
        let mean: Tensor
        let variance: Tensor
        /// Nil if no average is kept.
        var average: Tensor?
        var updates = 0
    }

    private let backend: any DifferentiableBackend
    private let settings: TrainingSettings
    private var slots: [Slot]

    /// Starts with moments of zero and the average at the values.
    ///
    /// - Throws: `TrainingError` if nothing trains, or `BackendError`.
    package init(_ recording: RecordingBackend, _ settings: TrainingSettings) throws {
        backend = recording.base
        self.settings = settings
        let base = recording.base
        slots = try recording.parameters.filter(\.trains).map { parameter in
            Slot(
                name: Self.name(parameter),
                parameter: parameter,
                mean: base.wideZeros(parameter.shape),
                variance: base.wideZeros(parameter.shape),
                average: settings.averageDecay > 0
                    ? base.uploadWide(try parameter.value.download()) : nil
            )
        }
        guard !slots.isEmpty else {
            throw TrainingError(.usage("nothing trains: no parameter is chosen"))
        }
    }

    /// How a parameter is called in checkpoints: component and key.
    package static func name(_ parameter: TrainableParameter) -> String {
        "\(parameter.component)/\(parameter.key)"
    }

    /// The norm of the mean of the gradients of `accumulation` micro-batches, over all parameters
    /// in their order; nil if none has a gradient.
    package func gradientNorm() -> Double? {
        let gradients = slots.compactMap { $0.parameter.gradient }
        guard !gradients.isEmpty else { return nil }
        let norms = backend.squaredNorms(gradients)
        return norms.reduce(0, +).squareRoot() / Double(settings.accumulation)
    }

    /// Updates the parameters that have gradients, and then the averages of all.
    ///
    /// - Parameters:
    ///   - step: Steps completed before.
    ///   - norm: What `gradientNorm` says.
    package func step(_ step: Int, norm: Double) {
        var scale = 1 / Double(settings.accumulation)
        if let limit = settings.clipNorm, norm > limit { scale *= limit / norm }
        let rate = settings.rate(at: step)
        let adam = settings.adam
        for index in slots.indices {
            let slot = slots[index]
            guard let gradient = slot.parameter.gradient else { continue }
            slots[index].updates += 1
            let decays = slot.parameter.shape.rank > 1
            slot.parameter.update { value in
                backend.adamW(
                    value: value,
                    gradient: gradient,
                    mean: slot.mean,
                    variance: slot.variance,
                    AdamWStep(
                        rate: Float(rate),
                        beta1: Float(adam.beta1),
                        beta2: Float(adam.beta2),
                        epsilon: Float(adam.epsilon),
                        weightDecay: decays ? Float(adam.weightDecay) : 0,
                        gradientScale: Float(scale),
                        number: slot.updates + 1
                    )
                )
            }
        }
        let decay = settings.averageDecay(at: step)
        for index in slots.indices {
            // The average of a value with itself may be its neighbour: what never changed stays.
            guard let average = slots[index].average, slots[index].updates > 0 else { continue }
            slots[index].average = backend.combine([
                (Float(decay), average), (Float(1 - decay), slots[index].parameter.value),
            ])
        }
    }

    /// The weights that are given out, by parameters' names: averages where they are kept.
    package var weights: [String: Tensor] {
        Dictionary(
            uniqueKeysWithValues: slots.map { ($0.name, $0.average ?? $0.parameter.value) }
        )
    }

    /// Runs `body` with the weights that are given out in the network, and then puts back those
    /// that train.
    ///
    /// - Throws: What `body` throws, or `BackendError`.
    package func withAverages<Result>(_ body: () throws -> Result) throws -> Result {
        guard settings.averageDecay > 0 else { return try body() }
        let masters = try slots.map { try $0.parameter.value.download() }
        for slot in slots {
            if let average = slot.average { slot.parameter.replace(try average.download()) }
        }
        defer { for (slot, master) in zip(slots, masters) { slot.parameter.replace(master) } }
        return try body()
    }
}

// What a checkpoint holds of it.
extension Optimizer {
    /// Every tensor that the next step depends on, by its name in a checkpoint.
    package var state: [(name: String, tensor: Tensor)] {
        slots.flatMap { slot in
            var tensors = [
                ("value/\(slot.name)", slot.parameter.value), ("mean/\(slot.name)", slot.mean),
                ("variance/\(slot.name)", slot.variance),
            ]
            if let average = slot.average { tensors.append(("average/\(slot.name)", average)) }
            return tensors
        }
    }

    package var updates: [String: Int] {
        Dictionary(uniqueKeysWithValues: slots.map { ($0.name, $0.updates) })
    }

    /// Takes over what `state` and `updates` gave.
    ///
    /// - Parameters:
    ///   - updates: One for each parameter.
    ///   - tensor: The values of each tensor of `state`.
    /// - Throws: What `tensor` throws.
    func restore(updates: [String: Int], _ tensor: (String) throws -> HostTensor) throws {
        for index in slots.indices {
            let slot = slots[index]
            slot.parameter.replace(try tensor("value/\(slot.name)"))
            backend.write(try tensor("mean/\(slot.name)"), into: slot.mean)
            backend.write(try tensor("variance/\(slot.name)"), into: slot.variance)
            if let average = slot.average {
                backend.write(try tensor("average/\(slot.name)"), into: average)
            }
            slots[index].updates = updates[slot.name] ?? 0
        }
    }
}
