internal import CCudaKernels
import Synchronization
package import Tensors

/// A device of CUDA behind `Backend`: kernels compiled on this machine, queued on one stream.
///
/// Shapes are checked and worked out by a `ShapeBackend`, which has them all. Operations never
/// wait:
/// the first failure is kept, nothing is queued after it, and it is thrown where results are asked
/// for. A backend that failed stays so; its process should end.
package final class CudaBackend: Backend {
    package let precision: CudaPrecision
    package let device: DeviceDescription
    let session: CudaSession
    let shapes = ShapeBackend()
    private let activations: CudaArena
    private let parameters: CudaArena
    private let failure = Mutex<CudaError?>(nil)

    /// Starts a device.
    ///
    /// - Parameters:
    ///   - platform: The libraries.
    ///   - device: One of the platform's that has no refusal.
    ///   - precision: How values are kept.
    ///   - cache: Where compiled kernels are kept; nil compiles them each time.
    /// - Throws: `CudaError` if kernels cannot be compiled or the driver refuses anything.
    package init(
        _ platform: CudaPlatform,
        _ device: DeviceDescription,
        precision: CudaPrecision = .float16,
        cache: KernelCache?
    ) throws(CudaError) {
        if let refusal = device.refusal {
            throw CudaError(.device, "\(device.name): \(refusal)")
        }
        let code = try Self.code(platform, device, precision, cache)
        let session = try CudaSession(platform.driver, device, precision, code: code)
        activations = try CudaArena(session)
        parameters = try CudaArena(session)
        self.session = session
        self.precision = precision
        self.device = device
    }

    /// The kernels for a device, from the cache or else from the compiler.
    private static func code(
        _ platform: CudaPlatform,
        _ device: DeviceDescription,
        _ precision: CudaPrecision,
        _ cache: KernelCache?
    ) throws(CudaError) -> [UInt8] {
        let compiler = platform.compiler
        guard
            let target = KernelTarget(
                for: device.capability,
                supported: compiler.architectures
            )
        else {
            throw CudaError(
                .compilation,
                "\(compiler.description.path): makes no code for \(device.capabilityText)"
            )
        }
        let options = Kernel.options(precision)
        let key = KernelCache.Key(
            source: Kernel.source,
            target: target,
            options: options,
            compiler: compiler.description
        )
        if let code = cache?.code(for: key) { return code }
        let code = try compiler.compile(Kernel.source, for: target, options: options)
        // A cache that cannot be written costs the next start a compilation, and nothing else.
        try? cache?.keep(code, for: key)
        return code
    }

    package var summary: String {
        "cuda:\(device.index), \(device.name), compute capability \(device.capabilityText), "
            + precision.rawValue
    }

    /// Names devices that give the same bits.
    package var deviceClass: String { "cuda-\(device.capability)-\(precision.rawValue)" }

    // MARK: Failures

    /// Runs what may fail, unless something has failed already.
    func attempt(_ body: () throws(CudaError) -> Void) {
        guard failure.withLock({ $0 == nil }) else { return }
        do throws(CudaError) {
            try body()
        } catch {
            failure.withLock { if $0 == nil { $0 = error } }
        }
    }

    private func throwFailure() throws(BackendError) {
        guard let error = failure.withLock({ $0 }) else { return }
        throw BackendError("cuda:\(device.index) (\(device.name)): \(error)")
    }

    // MARK: Memory

    package func allocate(_ shape: Shape) -> Tensor {
        allocate(shape, isWide: false)
    }

    /// Where `isWide` is set, of float32 whatever the precision.
    func allocate(_ shape: Shape, isWide: Bool) -> Tensor {
        let isWide = isWide && precision != .float32
        var block: CudaArena.Block?
        attempt { () throws(CudaError) in
            block = try takeActivation(shape.count * (isWide ? 4 : precision.byteCount))
        }
        let buffer = CudaBuffer(byteCount: shape.count * 4, isWide: isWide, block: block)
        return Tensor(backend: self, buffer: buffer, shape: shape)
    }

    /// Room for activations; where there is none, what they left unused is given back first.
    func takeActivation(_ byteCount: Int) throws(CudaError) -> CudaArena.Block {
        try take(byteCount, from: activations)
    }

    func takeParameters(_ byteCount: Int) throws(CudaError) -> CudaArena.Block {
        try take(byteCount, from: parameters)
    }

    private func take(
        _ byteCount: Int,
        from arena: CudaArena
    ) throws(CudaError) -> CudaArena.Block {
        do throws(CudaError) {
            return try arena.take(byteCount)
        } catch {
            guard error.reason == .memory else { throw error }
            try activations.releaseUnused()
            return try arena.take(byteCount)
        }
    }

    package func upload(_ values: HostTensor) -> Tensor {
        let tensor = allocate(values.shape)
        attempt { () throws(CudaError) in try set(tensor, to: values.values) }
        return tensor
    }

    /// Gives a tensor these values.
    func set(_ tensor: Tensor, to values: [Float]) throws(CudaError) {
        let target = try either(tensor)
        guard target.is_wide == 0 else { return try copyIn(values, to: target.at) }
        let staging = try staged(values)
        try pointwise(
            .narrow,
            weft_cuda_pointwise(
                x: staging.address,
                y: target.at,
                count: Int64(values.count),
                activation: 0
            )
        )
    }

    /// Elements in memory of the device that lasts until the operations queued now have read it.
    func staged<Element: BitwiseCopyable>(
        _ elements: [Element]
    ) throws(CudaError) -> CudaArena.Block {
        let block = try takeActivation(elements.count * MemoryLayout<Element>.stride)
        try copyIn(elements, to: block.address)
        return block
    }

    func copyIn<Element: BitwiseCopyable>(
        _ elements: [Element],
        to address: UInt64
    ) throws(CudaError) {
        // `withUnsafeBytes` does not keep the type of what is thrown.
        let result = unsafe elements.withUnsafeBytes { bytes in
            Result { () throws(CudaError) in try unsafe session.copyIn(bytes, to: address) }
        }
        try result.get()
    }

    package func download(_ tensor: Tensor) throws(BackendError) -> HostTensor {
        var values = [Float](repeating: 0, count: tensor.count)
        attempt { () throws(CudaError) in try read(tensor, into: &values) }
        try throwFailure()
        return HostTensor(values, tensor.shape)
    }

    private func read(_ tensor: Tensor, into values: inout [Float]) throws(CudaError) {
        guard tensor.count > 0 else { return }
        let stored = try either(tensor)
        var source = stored.at
        var staging: CudaArena.Block?
        if stored.is_wide == 0 {
            let block = try takeActivation(4 * tensor.count)
            try pointwise(
                .widen,
                weft_cuda_pointwise(
                    x: source,
                    y: block.address,
                    count: Int64(tensor.count),
                    activation: 0
                )
            )
            source = block.address
            staging = block
        }
        let result = unsafe values.withUnsafeMutableBytes { bytes in
            Result { () throws(CudaError) in try unsafe session.copyOut(source, to: bytes) }
        }
        withExtendedLifetime(staging) {}
        try result.get()
    }

    package func synchronize() throws(BackendError) {
        attempt { () throws(CudaError) in try session.synchronize() }
        try throwFailure()
    }

    package var memory: MemoryReport {
        MemoryReport(
            activationBytes: activations.usedBytes,
            activationPeakBytes: activations.peakBytes,
            activationHeldBytes: activations.heldBytes,
            parameterBytes: parameters.usedBytes
        )
    }

    package func resetPeakMemory() {
        activations.resetPeak()
    }

    package func releaseUnusedMemory() {
        attempt { () throws(CudaError) in
            try activations.releaseUnused()
            try parameters.releaseUnused()
        }
    }

    // MARK: Operands

    /// Where the values of a tensor of this backend are.
    func address(_ tensor: Tensor) throws(CudaError) -> UInt64 {
        precondition(!isWide(tensor), "an operation of values met a wide \(tensor.shape)")
        return try either(tensor).at
    }

    /// Where the elements of a tensor of this backend are, and of which type.
    func either(_ tensor: Tensor) throws(CudaError) -> weft_cuda_either {
        let buffer = buffer(tensor)
        guard let block = buffer.block else {
            throw CudaError(.memory, "a tensor of \(tensor.shape) has no memory")
        }
        let size = buffer.isWide ? 4 : precision.byteCount
        return weft_cuda_either(
            at: block.address + UInt64(tensor.offset * size),
            is_wide: size == 4 ? 1 : 0
        )
    }

    /// Whether a tensor is of float32 on a device whose values are not.
    func isWide(_ tensor: Tensor) -> Bool { buffer(tensor).isWide }

    private func buffer(_ tensor: Tensor) -> CudaBuffer {
        guard let buffer = tensor.buffer as? CudaBuffer else {
            preconditionFailure("a tensor of \(tensor.backend.summary) reached \(summary)")
        }
        return buffer
    }

    /// 0 for none.
    func address(_ tensor: Tensor?) throws(CudaError) -> UInt64 {
        guard let tensor else { return 0 }
        return try address(tensor)
    }

    /// Queues a kernel of a thread an element.
    func pointwise(_ kernel: Kernel, _ job: weft_cuda_pointwise) throws(CudaError) {
        try elementwise(kernel, Int(job.count), job)
    }

    /// The same for any job; nothing where there are no elements.
    func elementwise<Job: BitwiseCopyable>(
        _ kernel: Kernel,
        _ count: Int,
        _ job: Job
    ) throws(CudaError) {
        guard count > 0 else { return }
        let threads = 256
        let blocks = min((count + threads - 1) / threads, 1 << 16)
        try session.launch(kernel, blocks: blocks, threads: threads, job)
    }
}

/// Memory of a tensor on a device.
final class CudaBuffer: Buffer {
    /// Of float32 elements, whatever the device makes of them.
    let byteCount: Int
    /// Whether elements are float32 although the device's values are not.
    let isWide: Bool
    /// Nil if the device had no room.
    let block: CudaArena.Block?

    init(byteCount: Int, isWide: Bool, block: CudaArena.Block?) {
        self.byteCount = byteCount
        self.isWide = isWide
        self.block = block
    }
}
