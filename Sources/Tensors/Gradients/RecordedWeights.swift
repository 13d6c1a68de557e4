/// The weights of a product on a `RecordingBackend`: the parameters they come from, packed for the
/// wrapped backend when they are needed.
final class RecordedWeights: PreparedParameters {
    /// Packs parts as one of the wrapped backend's `prepare` functions does.
    typealias Packing = ([(weight: StoredTensor, bias: StoredTensor?)]) -> any PreparedParameters

    struct Part {
        let weight: ParameterUse
        let bias: ParameterUse?
        let outputs: Int
    }

    let parts: [Part]
    private let base: any DifferentiableBackend
    private let packing: Packing
    private var packed: (version: Int, prepared: any PreparedParameters)?

    init(_ parts: [Part], on base: any DifferentiableBackend, packing: @escaping Packing) {
        self.parts = parts
        self.base = base
        self.packing = packing
    }

    /// Packed copies; the master values are the parameters' own.
    var byteCount: Int { packed?.prepared.byteCount ?? 0 }

    /// Whether any of the parameters gets a gradient.
    var trains: Bool {
        parts.contains { $0.weight.parameter.trains || $0.bias?.parameter.trains == true }
    }

    /// The weights as the forward product takes them, made anew if a value has changed.
    func prepared() -> any PreparedParameters {
        let version = parts.reduce(0) {
            $0 + $1.weight.parameter.version + ($1.bias?.parameter.version ?? 0)
        }
        if let packed, packed.version == version { return packed.prepared }
        // The old copy goes before the new one comes.
        packed = nil
        let prepared = packing(
            parts.map { ($0.weight.stored(on: base), $0.bias?.stored(on: base)) }
        )
        packed = (version, prepared)
        return prepared
    }

    /// The kernels of the way back, made for one use: there is one a step.
    func transposed() -> StoredTensor {
        let kernels = base.transposedKernels(parts.map { $0.weight.value(on: base) })
        return base.stored(kernels, as: kernels.shape, name: "transposed kernels")
    }

    /// Adds a gradient of the biases, the sum over rows of what reached the result.
    func accumulateBiasGradient(_ gradient: Tensor) {
        var column = 0
        for part in parts {
            if let bias = part.bias, bias.parameter.trains {
                bias.accumulate(on: base) {
                    base.accumulateRowSums(
                        gradient,
                        column: column,
                        repeats: 1,
                        into: $0.reshaped([1, part.outputs])
                    )
                }
            }
            column += part.outputs
        }
    }

    /// Lends the memory that the gradients of the weights are added into, nil for a frozen one.
    func accumulateWeightGradients(_ body: ([(outputs: Int, tensor: Tensor?)]) -> Void) {
        var targets: [(outputs: Int, tensor: Tensor?)] = []
        func next(_ index: Int) {
            guard index < parts.count else { return body(targets) }
            let (weight, outputs) = (parts[index].weight, parts[index].outputs)
            guard weight.parameter.trains else {
                targets.append((outputs, nil))
                return next(index + 1)
            }
            weight.accumulate(on: base) {
                targets.append((outputs, $0))
                next(index + 1)
            }
        }
        guard parts.contains(where: { $0.weight.parameter.trains }) else { return }
        next(0)
    }
}

// The packed copy is made by the one thread that records; see `RecordingBackend`.
extension RecordedWeights: @unchecked Sendable {}

/// A parameter in the order of elements that a layer takes it in.
struct ParameterUse {
    let parameter: TrainableParameter
    /// The layer's shape.
    let shape: Shape
    /// How the layer's elements come from the parameter's, if they are not the same.
    let arrangement: StoredTensor.Arrangement?

    /// The values as the layer has them.
    func value(on base: any DifferentiableBackend) -> Tensor {
        let value = parameter.value
        switch arrangement {
        case nil: return value.reshaped(shape)
        case .permuted(_, let axes): return base.permute(value, axes).reshaped(shape)
        case .repeated:
            let count = shape.count / value.count
            let row = value.reshaped([1, value.count])
            return base.gather(row, [Int](repeating: 0, count: count)).reshaped(shape)
        }
    }

    func stored(on base: any DifferentiableBackend) -> StoredTensor {
        base.stored(value(on: base), as: shape, name: parameter.key)
    }

    /// Lends memory of the layer's shape, and adds to the parameter's gradient what `body` adds to
    /// that.
    func accumulate(on base: any DifferentiableBackend, _ body: (Tensor) -> Void) {
        guard let arrangement else { return body(parameter.slot.writable().reshaped(shape)) }
        let gradient = base.zeros(shape)
        body(gradient)
        switch arrangement {
        case .permuted(let source, let axes):
            let inverse = axes.indices.map { axis in axes.firstIndex(of: axis) ?? axis }
            let moved = base.permute(
                gradient.reshaped(Shape(axes.map { source.shape[$0] })),
                inverse
            )
            parameter.slot.add(PassedGradient(new: moved), at: 0)
        case .repeated(let source):
            let count = source.shape.count
            base.accumulateRowSums(
                gradient.reshaped([shape.count / count, count]),
                column: 0,
                repeats: 1,
                into: parameter.slot.writable().reshaped([1, count])
            )
        }
    }
}
