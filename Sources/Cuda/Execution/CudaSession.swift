internal import CCudaKernels
import Synchronization

/// A device in use: its context, one stream on which everything happens in order, and the kernels.
///
/// Everything that is made is given back in the opposite order when nobody refers to it any more,
/// also where starting fails half-way.
@safe final class CudaSession {
    let driver: CudaDriver
    let device: DeviceDescription
    let precision: CudaPrecision
    /// The driver's number of the device.
    let number: Int32
    let context: Context
    let stream: Stream
    private let module: Module
    private let kernels: [Kernel: OpaquePointer]

    /// Starts a device with compiled kernels.
    ///
    /// - Throws: `CudaError` if the driver refuses anything.
    init(
        _ driver: CudaDriver,
        _ device: DeviceDescription,
        _ precision: CudaPrecision,
        code: [UInt8]
    ) throws(CudaError) {
        let functions = driver.functions
        number = try driver.number(of: device.index)
        context = try Context(functions, number)
        try functions.check(unsafe functions.setContext(context.handle), "cuCtxSetCurrent")
        stream = try Stream(functions, context)
        module = try Module(functions, context, code)
        var kernels: [Kernel: OpaquePointer] = unsafe [:]
        for kernel in Kernel.all(in: precision) {
            let function = unsafe try Self.load(kernel, of: module, functions)
            unsafe kernels[kernel] = unsafe function
        }
        unsafe self.kernels = unsafe kernels
        self.driver = driver
        self.device = device
        self.precision = precision
    }

    private static func load(
        _ kernel: Kernel,
        of module: Module,
        _ functions: DriverFunctions
    ) throws(CudaError) -> OpaquePointer {
        var function: OpaquePointer?
        try functions.check(
            unsafe functions.moduleFunction(&function, module.handle, kernel.rawValue),
            kernel.rawValue
        )
        guard let function = unsafe function else {
            throw CudaError(.compilation, "no kernel \(kernel.rawValue)")
        }
        // CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES: more than 48 KiB have to be asked for.
        if kernel.usesTensorCores {
            try functions.check(
                unsafe functions.setFunctionAttribute(
                    function,
                    8,
                    Int32(DeviceDescription.leastSharedBytes)
                ),
                "shared memory of \(kernel.rawValue)"
            )
        }
        return unsafe function
    }

    /// Makes this thread speak of the device.
    func enter() throws(CudaError) {
        let functions = driver.functions
        try functions.check(unsafe functions.setContext(context.handle), "cuCtxSetCurrent")
    }

    /// Waits for everything on the stream.
    func synchronize() throws(CudaError) {
        try enter()
        let functions = driver.functions
        try functions.check(unsafe functions.synchronizeStream(stream.handle), "the device")
    }

    /// Of the device's memory, whoever uses the rest; nil if the driver does not say.
    var freeBytes: Int? {
        var (free, all) = (0, 0)
        guard (try? enter()) != nil, unsafe driver.functions.memoryInfo(&free, &all) == 0 else {
            return nil
        }
        return free
    }

    // MARK: Work on the stream

    /// Queues a kernel over a line of blocks.
    ///
    /// - Parameters:
    ///   - kernel: One of the precision's.
    ///   - blocks: At least 1.
    ///   - threads: Of a block.
    ///   - shared: Bytes of shared memory beside what the kernel declares.
    ///   - job: The kernel's parameter, copied.
    /// - Throws: `CudaError` if the driver refuses, or an earlier kernel failed.
    func launch<Job: BitwiseCopyable>(
        _ kernel: Kernel,
        blocks: Int,
        threads: Int,
        shared: Int = 0,
        _ job: Job
    ) throws(CudaError) {
        guard let function = unsafe kernels[kernel] else {
            preconditionFailure("\(kernel.rawValue) in \(precision.rawValue)")
        }
        precondition(blocks > 0 && blocks < 1 << 31, "\(blocks) blocks of \(kernel.rawValue)")
        try enter()
        var job = job
        let code = unsafe withUnsafeMutablePointer(to: &job) { job in
            var parameters: [UnsafeMutableRawPointer?] = unsafe [UnsafeMutableRawPointer(job)]
            return unsafe parameters.withUnsafeMutableBufferPointer { parameters in
                guard let first = parameters.baseAddress else { return Int32(1) }
                return unsafe driver.functions.launch(
                    function,
                    UInt32(blocks),
                    1,
                    1,
                    UInt32(threads),
                    1,
                    1,
                    UInt32(shared),
                    stream.handle,
                    first,
                    nil
                )
            }
        }
        try driver.functions.check(code, kernel.rawValue)
    }

    /// Queues a copy within the device.
    func copy(_ byteCount: Int, from source: UInt64, to target: UInt64) throws(CudaError) {
        guard byteCount > 0 else { return }
        try enter()
        let code = unsafe driver.functions.copy(target, source, byteCount, stream.handle)
        try driver.functions.check(code, "copying \(byteCount) bytes on the device")
    }
}

// Handles of the driver may be used from any thread that has entered the context; all are set once.
extension CudaSession: @unchecked Sendable {}

/// The device's context that all users of the process share.
@safe final class Context {
    let handle: OpaquePointer?
    private let functions: DriverFunctions
    private let device: Int32

    init(_ functions: DriverFunctions, _ device: Int32) throws(CudaError) {
        var handle: OpaquePointer?
        try functions.check(
            unsafe functions.retainContext(&handle, device),
            "cuDevicePrimaryCtxRetain"
        )
        unsafe self.handle = unsafe handle
        self.functions = functions
        self.device = device
    }

    deinit {
        _ = functions.releaseContext(device)
    }
}

/// A queue of the device.
@safe final class Stream {
    let handle: OpaquePointer?
    private let functions: DriverFunctions
    /// Outlives the stream.
    private let context: Context

    init(_ functions: DriverFunctions, _ context: Context) throws(CudaError) {
        var handle: OpaquePointer?
        // CU_STREAM_NON_BLOCKING: nothing waits for the default stream.
        try functions.check(unsafe functions.createStream(&handle, 1), "cuStreamCreate")
        unsafe self.handle = unsafe handle
        self.functions = functions
        self.context = context
    }

    deinit {
        _ = unsafe functions.setContext(context.handle)
        _ = unsafe functions.synchronizeStream(handle)
        _ = unsafe functions.destroyStream(handle)
    }
}

@safe private final class Module {
    let handle: OpaquePointer?
    private let functions: DriverFunctions
    /// Outlives the module.
    private let context: Context

    init(_ functions: DriverFunctions, _ context: Context, _ code: [UInt8]) throws(CudaError) {
        var handle: OpaquePointer?
        // Portable code is a text that has to end.
        let code = unsafe (code + [0]).withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return Int32(1) }
            return unsafe functions.loadModule(&handle, start)
        }
        try functions.check(code, "cuModuleLoadData")
        unsafe self.handle = unsafe handle
        self.functions = functions
        self.context = context
    }

    deinit {
        _ = unsafe functions.setContext(context.handle)
        _ = unsafe functions.unloadModule(handle)
    }
}
