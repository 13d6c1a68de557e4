import CKernels
import Synchronization

/// The CPU: kernels in C over recycled memory, on a pool of threads of its own.
@safe package final class CPUBackend: Backend {
    package let configuration: CPUConfiguration
    let pool: OpaquePointer
    let version: weft_version
    private let forced: ConvolutionAlgorithm?
    private let arena = ActivationArena()
    private let packedMemory = PackedMemory()

    /// Starts the threads.
    ///
    /// - Parameters:
    ///   - configuration: The operator's choices.
    ///   - forced: Computes every convolution that it can, instead of the fastest; for tests and
    ///     measurements of one algorithm. Only direct can with OpenBLAS.
    package init(
        _ configuration: CPUConfiguration = CPUConfiguration(),
        convolvingBy forced: ConvolutionAlgorithm? = nil
    ) {
        precondition(
            KernelVersion.available.contains(configuration.kernels),
            "this processor cannot run \(configuration.kernels.rawValue) kernels"
        )
        precondition(configuration.threads > 0, "\(configuration.threads) threads")
        guard let pool = unsafe weft_pool_create(Int32(configuration.threads)) else {
            fatalError("cannot start \(configuration.threads) threads")
        }
        self.configuration = configuration
        self.forced = forced
        unsafe self.pool = unsafe pool
        version = configuration.kernels.code
    }

    deinit {
        unsafe weft_pool_destroy(pool)
    }

    package var summary: String {
        let threads = configuration.threads == 1 ? "1 thread" : "\(configuration.threads) threads"
        let kernels = configuration.kernels.rawValue
        let products = configuration.products.rawValue
        let convolutions = forced.map { "\($0)" } ?? configuration.convolutions.rawValue
        return "cpu, \(kernels) kernels, \(products) products, \(convolutions) convolutions, "
            + threads
    }

    // MARK: Memory

    package func allocate(_ shape: Shape) -> Tensor {
        Tensor(backend: self, buffer: arena.take(shape.count * 4), shape: shape)
    }

    package func upload(_ values: HostTensor) -> Tensor {
        let tensor = allocate(values.shape)
        let target = unsafe mutable(tensor)
        unsafe values.values.withUnsafeBufferPointer { source in
            guard let base = source.baseAddress else { return }
            unsafe target.update(from: base, count: source.count)
        }
        return tensor
    }

    package func download(_ tensor: Tensor) throws(BackendError) -> HostTensor {
        let source = unsafe UnsafeBufferPointer(start: pointer(tensor), count: tensor.count)
        return HostTensor(unsafe Array(source), tensor.shape)
    }

    package func synchronize() throws(BackendError) {}

    package var memory: MemoryReport {
        MemoryReport(
            activationBytes: arena.usedBytes,
            activationPeakBytes: arena.peakBytes,
            activationHeldBytes: arena.heldBytes,
            parameterBytes: packedMemory.usedBytes
        )
    }

    package func resetPeakMemory() {
        arena.resetPeak()
    }

    package func releaseUnusedMemory() {
        arena.releaseUnused()
        packedMemory.releaseUnused()
    }

    // MARK: Parameters

    package func prepareLinear(
        _ parts: [(weight: StoredTensor, bias: StoredTensor?)],
        gated: Bool
    ) -> LinearParameters {
        let inputs = parts[0].weight.shape[1]
        let outputs = parts.reduce(0) { $0 + $1.weight.shape[0] }
        let packed = pack(parts, channels: inputs, taps: 1, isGated: gated)
        return LinearParameters(inputs: inputs, outputs: outputs, prepared: packed)
    }

    package func prepareConvolution(
        weight: StoredTensor,
        bias: StoredTensor?,
        stride: Int,
        padding: Padding
    ) -> ConvolutionParameters {
        let shape = weight.shape
        return ConvolutionParameters(
            inputs: shape[1],
            outputs: shape[0],
            geometry: ConvolutionGeometry(of: shape, stride: stride, padding: padding),
            prepared: pack(
                [(weight, bias)],
                channels: shape[1],
                taps: shape[2] * shape[3],
                isGated: false
            )
        )
    }

    package func prepareTemporalConvolution(
        weight: StoredTensor,
        bias: StoredTensor?
    ) -> TemporalConvolutionParameters {
        let shape = weight.shape
        return TemporalConvolutionParameters(
            inputs: shape[1],
            outputs: shape[0],
            taps: shape[2],
            prepared: pack([(weight, bias)], channels: shape[1], taps: shape[2], isGated: false)
        )
    }

    private func pack(
        _ parts: [(weight: StoredTensor, bias: StoredTensor?)],
        channels: Int,
        taps: Int,
        isGated: Bool
    ) -> PackedMatrix {
        unsafe PackedMatrix(
            parts,
            channels: channels,
            taps: taps,
            isGated: isGated,
            configuration: configuration,
            pool: pool,
            in: packedMemory
        )
    }

    /// Depends on the size and the configuration alone.
    func algorithm(for size: ConvolutionSize) -> ConvolutionAlgorithm {
        if let forced, size.allows(forced), configuration.products == .tiles { return forced }
        return configuration.convolutions == .winograd && forced == nil ? size.fastest : .direct
    }

    // MARK: Pointers

    /// The elements of a tensor of this backend.
    func pointer(_ tensor: Tensor) -> UnsafePointer<Float> {
        unsafe UnsafePointer(mutable(tensor))
    }

    /// The elements of a tensor that this operation is making.
    func mutable(_ tensor: Tensor) -> UnsafeMutablePointer<Float> {
        guard let buffer = tensor.buffer as? CPUBuffer else {
            preconditionFailure("a tensor of \(tensor.backend.summary) reached the CPU backend")
        }
        return unsafe buffer.floats + tensor.offset
    }

    func packed(_ parameters: any PreparedParameters) -> PackedMatrix {
        guard let packed = parameters as? PackedMatrix else {
            preconditionFailure("parameters of another backend reached the CPU backend")
        }
        return packed
    }
}

// The pool serialises its operations; everything else is immutable or behind a lock.
extension CPUBackend: @unchecked Sendable {}
