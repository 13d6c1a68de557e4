import Synchronization

/// A device without memory or arithmetic: operations check their shapes and account for what a
/// real one would hold.
///
/// It loads a network to see whether a checkpoint fits, and runs one to plan its memory, at no
/// cost. Tensors have shapes and no values.
package final class ShapeBackend: Backend {
    fileprivate struct Account {
        var activationBytes = 0
        var activationPeakBytes = 0
        var parameterBytes = 0
        var productOperations = 0
    }

    fileprivate let account = Mutex(Account())

    package init() {}

    package var summary: String { "shapes only" }

    /// Additions and multiplications of all matrix products, convolutions and attentions so far.
    package var productOperations: Int { account.withLock { $0.productOperations } }

    // MARK: Memory

    package func allocate(_ shape: Shape) -> Tensor {
        Tensor(
            backend: self,
            buffer: ShapeBuffer(byteCount: shape.count * 4, of: self),
            shape: shape
        )
    }

    package func upload(_ values: HostTensor) -> Tensor { allocate(values.shape) }

    /// Always fails: there are no values.
    package func download(_ tensor: Tensor) throws(BackendError) -> HostTensor {
        throw BackendError("a tensor of shape \(tensor.shape) has no values on a device of shapes")
    }

    package func synchronize() {}

    package var memory: MemoryReport {
        account.withLock {
            MemoryReport(
                activationBytes: $0.activationBytes,
                activationPeakBytes: $0.activationPeakBytes,
                activationHeldBytes: $0.activationPeakBytes,
                parameterBytes: $0.parameterBytes
            )
        }
    }

    package func resetPeakMemory() {
        account.withLock { $0.activationPeakBytes = $0.activationBytes }
    }

    // MARK: Parameters

    package func prepareLinear(
        _ parts: [(weight: StoredTensor, bias: StoredTensor?)],
        gated: Bool
    ) -> LinearParameters {
        precondition(!parts.isEmpty, "a matrix of no parts")
        let inputs = parts[0].weight.shape[1]
        var outputs = 0
        for part in parts {
            let shape = part.weight.shape
            precondition(
                (shape.rank == 2 || shape.rank == 4) && shape.count == shape[0] * inputs,
                "\(part.weight.name): \(shape) is no matrix of \(inputs) columns"
            )
            checkBias(part.bias, outputs: shape[0])
            outputs += shape[0]
        }
        let hasBias = parts.contains { $0.bias != nil }
        return LinearParameters(
            inputs: inputs,
            outputs: outputs,
            prepared: prepare(outputs * inputs + (hasBias ? outputs : 0))
        )
    }

    package func prepareConvolution(
        weight: StoredTensor,
        bias: StoredTensor?,
        stride: Int,
        padding: Padding
    ) -> ConvolutionParameters {
        let shape = weight.shape
        precondition(shape.rank == 4, "\(weight.name): \(shape) is no 2-D kernel")
        checkBias(bias, outputs: shape[0])
        return ConvolutionParameters(
            inputs: shape[1],
            outputs: shape[0],
            geometry: ConvolutionGeometry(of: shape, stride: stride, padding: padding),
            prepared: prepare(shape.count + (bias == nil ? 0 : shape[0]))
        )
    }

    package func prepareTemporalConvolution(
        weight: StoredTensor,
        bias: StoredTensor?
    ) -> TemporalConvolutionParameters {
        let shape = weight.shape
        precondition(
            (shape.rank == 3 || shape.rank == 5) && shape.count == shape[0] * shape[1] * shape[2],
            "\(weight.name): \(shape) is no temporal kernel"
        )
        checkBias(bias, outputs: shape[0])
        return TemporalConvolutionParameters(
            inputs: shape[1],
            outputs: shape[0],
            taps: shape[2],
            prepared: prepare(shape.count + (bias == nil ? 0 : shape[0]))
        )
    }

    private func checkBias(_ bias: StoredTensor?, outputs: Int) {
        guard let bias else { return }
        precondition(bias.shape == [outputs], "\(bias.name): \(bias.shape) for \(outputs) outputs")
    }

    private func prepare(_ count: Int) -> ShapeParameters {
        account.withLock { $0.parameterBytes += count * 4 }
        return ShapeParameters(byteCount: count * 4)
    }

    func count(operations: Int) {
        account.withLock { $0.productOperations += operations }
    }
}

private final class ShapeParameters: PreparedParameters {
    let byteCount: Int

    init(byteCount: Int) { self.byteCount = byteCount }
}

/// A size that is in use until nobody holds it.
private final class ShapeBuffer: Buffer {
    let byteCount: Int
    private let backend: ShapeBackend

    init(byteCount: Int, of backend: ShapeBackend) {
        self.byteCount = byteCount
        self.backend = backend
        backend.account.withLock {
            $0.activationBytes += byteCount
            $0.activationPeakBytes = max($0.activationPeakBytes, $0.activationBytes)
        }
    }

    deinit {
        backend.account.withLock { $0.activationBytes -= byteCount }
    }
}
