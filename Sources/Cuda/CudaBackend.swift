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
    /// Nil where weft's own kernels make all products.
    let libraryProducts: LibraryProducts?
    let activations: CudaArena
    let parameters: CudaArena
    let replays: CudaReplays
    let transfers: CudaTransfers
    private let failures = Mutex(Failures())

    private struct Failures {
        /// The first, which stays.
        var kept: CudaError?
        /// The first of a capture that is going on.
        var ofTrial: CudaError?
    }

    /// Starts a device.
    ///
    /// - Parameters:
    ///   - platform: The libraries.
    ///   - device: One of the platform's that has no refusal.
    ///   - precision: How values are kept.
    ///   - products: Makes the products that it can make; nil for weft's own kernels.
    ///   - cache: Where compiled kernels are kept; nil compiles them each time.
    /// - Throws: `CudaError` if kernels cannot be compiled or the driver refuses anything.
    package init(
        _ platform: CudaPlatform,
        _ device: DeviceDescription,
        precision: CudaPrecision = .float16,
        products: ProductLibrary? = nil,
        cache: KernelCache?
    ) throws(CudaError) {
        if let refusal = device.refusal {
            throw CudaError(.device, "\(device.name): \(refusal)")
        }
        let code = try Self.code(platform, device, precision, cache)
        let session = try CudaSession(platform.driver, device, precision, code: code)
        libraryProducts = try products.map { library throws(CudaError) in
            try LibraryProducts(library, session)
        }
        transfers = try CudaTransfers(session)
        activations = try CudaArena(session)
        parameters = try CudaArena(session)
        replays = try CudaReplays(session)
        self.session = session
        self.precision = precision
        self.device = device
    }

    deinit {
        // A copy that failed half-way may still be reading memory that is about to go.
        transfers.finish()
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
            + (libraryProducts.map { ", products by cuBLASLt \($0.description.version)" } ?? "")
    }

    /// Names devices that give the same bits.
    ///
    /// cuBLASLt promises them for one version on devices of one architecture and as many
    /// multiprocessors, by which it chooses its algorithms.
    package var deviceClass: String {
        let own = "cuda-\(device.capability)-\(precision.rawValue)"
        guard let libraryProducts else { return own }
        return "\(own)-cublaslt-\(libraryProducts.description.version)-\(device.multiprocessors)"
    }

    // MARK: Failures

    /// Runs what may fail, unless something has failed already.
    func attempt(_ body: () throws(CudaError) -> Void) {
        guard isSound else { return }
        do throws(CudaError) {
            try body()
        } catch {
            let isTrial = replays.isCapturing
            failures.withLock { failures in
                if isTrial {
                    failures.ofTrial = failures.ofTrial ?? error
                } else {
                    failures.kept = failures.kept ?? error
                }
            }
        }
    }

    /// Whether nothing has failed.
    var isSound: Bool { failures.withLock { $0.kept == nil && $0.ofTrial == nil } }

    /// Ends a capture, which was worth a try where memory was short.
    func endTrial() {
        failures.withLock { failures in
            if let error = failures.ofTrial, error.reason != .memory {
                failures.kept = failures.kept ?? error
            }
            failures.ofTrial = nil
        }
    }

    private func throwFailure() throws(BackendError) {
        guard let error = failures.withLock({ $0.kept }) else { return }
        throw BackendError(
            "cuda:\(device.index) (\(device.name)): \(error)",
            isOutOfMemory: error.reason == .memory
        )
    }

    // MARK: Memory

    package func allocate(_ shape: Shape) -> Tensor {
        allocate(shape, isWide: false)
    }

    /// Where `isWide` is set, of float32 whatever the precision.
    func allocate(_ shape: Shape, isWide: Bool) -> Tensor {
        let isWide = isWide && precision.isHalf
        var block: CudaArena.Block?
        attempt { () throws(CudaError) in
            block = try takeActivation(shape.count * (isWide ? 4 : precision.byteCount))
        }
        let buffer = CudaBuffer(byteCount: shape.count * 4, isWide: isWide, block: block)
        return Tensor(backend: self, buffer: buffer, shape: shape)
    }

    package func upload(_ values: HostTensor) -> Tensor {
        let tensor = allocate(values.shape)
        attempt { () throws(CudaError) in try set(tensor, to: values.values) }
        return tensor
    }

    package func prepareTensor(_ stored: StoredTensor, as shape: Shape) -> Tensor {
        var block: CudaArena.Block?
        attempt { () throws(CudaError) in
            block = try takeParameters(shape.count * precision.byteCount)
        }
        let buffer = CudaBuffer(byteCount: shape.count * 4, isWide: false, block: block)
        let tensor = Tensor(backend: self, buffer: buffer, shape: shape)
        attempt { () throws(CudaError) in try set(tensor, to: stored.floats()) }
        return tensor
    }

    /// Gives a tensor these values.
    func set(_ tensor: Tensor, to values: [Float]) throws(CudaError) {
        let target = try either(tensor)
        guard target.is_wide == 0 else { return try copyIn(values, to: target.at) }
        let staging = try staged(values)
        try convert(.narrow, values.count, from: staging.address, to: target.at)
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
        try refuseInside("an upload")
        // `withUnsafeBytes` does not keep the type of what is thrown.
        let result = unsafe elements.withUnsafeBytes { bytes in
            Result { () throws(CudaError) in try unsafe transfers.copyIn(bytes, to: address) }
        }
        try result.get()
    }

    package func download(_ tensor: Tensor) throws(BackendError) -> HostTensor {
        var values = [Float](repeating: 0, count: tensor.count)
        attempt { () throws(CudaError) in
            try refuseInside("a download")
            try read(tensor, into: &values)
        }
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
            try convert(.widen, tensor.count, from: source, to: block.address)
            source = block.address
            staging = block
        }
        let result = unsafe values.withUnsafeMutableBytes { bytes in
            Result { () throws(CudaError) in try unsafe transfers.copyOut(source, to: bytes) }
        }
        withExtendedLifetime(staging) {}
        try result.get()
    }

    package func synchronize() throws(BackendError) {
        attempt { () throws(CudaError) in
            try refuseInside("waiting")
            try session.synchronize()
        }
        try throwFailure()
    }

    // MARK: Operands

    /// Where the values of an operand are.
    func address(_ tensor: Tensor) throws(CudaError) -> UInt64 {
        precondition(!isWide(tensor), "an operation of values met a wide \(tensor.shape)")
        return try either(tensor).at
    }

    /// Where the elements of an operand are, and of which type.
    func either(_ tensor: Tensor) throws(CudaError) -> weft_cuda_either {
        let address = try place(of: tensor)
        try checkOperand(tensor)
        return weft_cuda_either(at: address, is_wide: elementBytes(of: tensor) == 4 ? 1 : 0)
    }

    /// Where the elements of a tensor of this backend are.
    func place(of tensor: Tensor) throws(CudaError) -> UInt64 {
        let buffer = buffer(tensor)
        guard let block = buffer.block else {
            throw CudaError(.memory, "a tensor of \(tensor.shape) has no memory")
        }
        return block.address + UInt64(tensor.offset * elementBytes(of: tensor))
    }

    func elementBytes(of tensor: Tensor) -> Int { isWide(tensor) ? 4 : precision.byteCount }

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

    /// Float32 elements to what values are stored as, or the other way round.
    func convert(
        _ kernel: Kernel,
        _ count: Int,
        from source: UInt64,
        to target: UInt64
    ) throws(CudaError) {
        let job = weft_cuda_pointwise(x: source, y: target, count: Int64(count), activation: 0)
        try pointwise(kernel, job)
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
