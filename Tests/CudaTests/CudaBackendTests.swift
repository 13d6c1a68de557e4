import Cuda
import Tensors
import TestSupport
import Testing

/// The backend and its kernels on the emulated device: what needs no GPU to be held to account.
@Suite(.enabled(if: EmulatedCuda.isAvailable, EmulatedCuda.reason))
struct CudaBackendTests {
    /// Threads, warps and blocks from the last to the first too: where a barrier is missing, one of
    /// the two orders reads what is not there yet.
    @Test(
        arguments: [
            (CudaPrecision.float32, false), (.float32, true), (.tf32, true), (.float16, false),
            (.float16, true), (.bfloat16, true),
        ]
    )
    func `operations match the reference in any order of threads`(
        _ precision: CudaPrecision,
        _ isReversed: Bool
    ) throws {
        let emulated = try EmulatedCuda()
        emulated.set("reversed", isReversed ? 1 : 0)
        let backend = try emulated.backend(precision)
        let report = try ConformanceReport(of: backend, precision.conformanceTerms)
        for operation in report.operations {
            #expect(operation.failures.isEmpty, "\(operation) in \(precision)")
        }
        #expect(report.operations.map(\.skipped).reduce(0, +) == (precision == .float16 ? 2 : 0))
        // Rounding of values shows: the kernels are those of the precision.
        let linear = try #require(report.operations.first { $0.name == "linear" })
        #expect(precision == .float32 ? linear.worst < 1e-11 : linear.worst > 1e-8)
    }

    @Test func `tf32 rounds what it multiplies to ten bits, ties away from zero, and no sums`()
        throws
    {
        let emulated = try EmulatedCuda()
        // 2⁻¹¹, 2⁻¹² and 2⁻¹⁰ above 1.
        let values: [Float] = [0x1.002p0, -0x1.002p0, 0x1.001p0, 0x1.004p0]
        let identity = (0..<16).map { (index: Int) -> Float in index % 5 == 0 ? 1 : 0 }
        let added: Float = 0x1p-20
        func result(_ precision: CudaPrecision) throws -> [Float] {
            let backend = try emulated.backend(precision)
            let weight = StoredTensor(name: "identity", shape: [4, 4]) { identity }
            let residual = backend.upload(HostTensor(repeating: added, [1, 4]))
            return try backend.upload(HostTensor(values, [1, 4])).linear(
                backend.prepareLinear([(weight, nil)], gated: false),
                residual: residual
            ).download().values
        }
        let rounded: [Float] = [0x1.004p0, -0x1.004p0, 1, 0x1.004p0]
        #expect(try result(.tf32) == rounded.map { $0 + added })
        #expect(try result(.float32) == values.map { $0 + added })
    }

    /// Heads of every width that has a kernel, few and many keys, against the processor.
    @Test(arguments: [20, 40, 64, 80, 96, 160, 264, 512], [9, 70])
    func `every kernel of attention attends`(_ width: Int, _ keys: Int) throws {
        let emulated = try EmulatedCuda()
        let backend = try emulated.backend(.float16)
        let noise = NoiseSource(seed: UInt64(width))
        let shapes: [Shape] = [[1, 18, 2 * width], [1, keys, 2 * width], [1, keys, 2 * width]]
        let operands = shapes.enumerated().map { index, shape in
            HostTensor(noise.normals(shape.count, frame: index, key: .initial), shape)
        }
        func attend(_ backend: any Backend) throws -> HostTensor {
            let parts = operands.map { AttentionOperand(backend.upload($0)) }
            return try backend.attention(
                query: parts[0],
                key: parts[1],
                value: parts[2],
                heads: 2,
                scale: 0.2,
                mask: .none
            ).download()
        }
        let found = try attend(backend)
        let expected = try attend(CPUBackend(CPUConfiguration(threads: 1)))
        #expect(nmse(found, expected) < 1e-6)
    }

    @Test func `nothing waits and nothing is read back while operations are queued`() throws {
        let emulated = try EmulatedCuda()
        let backend = try emulated.backend()
        emulated.clearLog()
        let result = EmulatedCuda.work(on: backend)
        let log = Set(emulated.log)
        #expect(log.contains("cuLaunchKernel"))
        #expect(log.isDisjoint(with: ["cuStreamSynchronize", "cuMemcpyDtoHAsync_v2"]))
        #expect(!log.contains("cuEventSynchronize"))
        let values = try result.download().values
        #expect(values.count == 48 && values.allSatisfy(\.isFinite))
        // Reading waits for what is read, and not for the stream.
        #expect(emulated.log.contains("cuEventSynchronize"))
        #expect(!emulated.log.contains("cuStreamSynchronize"))
    }

    @Test func `memory is used again, and given back when nobody needs it`() throws {
        let emulated = try EmulatedCuda()
        do {
            let backend = try emulated.backend(.float32)
            for _ in 0..<20 {
                let tensor = backend.upload(HostTensor(repeating: 1, [1 << 20]))
                #expect(try tensor.activate(.silu).download().values[7] > 0.7)
            }
            // Two of 4 MiB live at a time.
            #expect(backend.memory.activationPeakBytes <= 8 << 20)
            #expect(backend.memory.activationBytes == 0)
            #expect(emulated.mappedBytes == (64 << 20) + CudaTransfers.ringBytes)
            backend.releaseUnusedMemory()
            try backend.synchronize()
            #expect(emulated.mappedBytes == CudaTransfers.ringBytes)
        }
        #expect(emulated.live == 0)
    }

    @Test func `what activations left makes room for weights`() throws {
        let emulated = try EmulatedCuda()
        emulated.set("budget", (128 << 20) + CudaTransfers.ringBytes)
        let backend = try emulated.backend(.float32)
        _ = backend.allocate([30 << 20])
        #expect(backend.memory.activationHeldBytes == 128 << 20)
        let weight = StoredTensor(name: "w", shape: [8, 8]) { [Float](repeating: 1, count: 64) }
        let parameters = backend.prepareLinear([(weight, nil)], gated: false)
        let x = backend.upload(HostTensor(repeating: 1, [1, 8]))
        #expect(try x.linear(parameters).download().values == [Float](repeating: 8, count: 8))
    }

    @Test func `no room is an error that says so, and nothing is left behind`() throws {
        let emulated = try EmulatedCuda()
        emulated.set("budget", (128 << 20) + CudaTransfers.ringBytes)
        do {
            let backend = try emulated.backend()
            let large = [backend.allocate([40 << 20]), backend.allocate([40 << 20])]
            let sum = backend.combine(large.map { (1, $0) })
            let error = #expect(throws: BackendError.self) { try sum.download() }
            #expect(error?.isOutOfMemory == true)
            let words = error?.description ?? ""
            let sentence =
                "no room for 80 MiB more: of 4096 MiB weights hold 0 MiB, activations 128 MiB, "
                + "graphs 0 MiB; 0 MiB free"
            #expect(words.contains(sentence), "\(words)")
            #expect(words.contains("OUT_OF_MEMORY"))
            // The backend stays as it is: nothing computed later is taken for a result.
            #expect(throws: BackendError.self) { try backend.synchronize() }
        }
        #expect(emulated.live == 0 && emulated.mappedBytes == 0)
    }

    /// Each call of the driver and of the compiler fails once, the others do not.
    @Test func `any call may fail, and everything is given back`() throws {
        let emulated = try EmulatedCuda()
        emulated.set("runs_kernels", 0)
        func run() throws {
            let backend = try emulated.backend()
            _ = try EmulatedCuda.work(on: backend).download()
        }
        try run()
        #expect(emulated.live == 0)
        let names = emulated.log
        // From the last call that matters on, things are only given back.
        let last = try #require(names.lastIndex(of: "cuMemcpyDtoHAsync_v2")) + 2
        #expect(last > 100)
        // A compiler that says nothing of itself is asked a second time, and what cannot be
        // destroyed is not needed any more.
        let forgiven: Set<String> = [
            "nvrtcDestroyProgram", "nvrtcVersion", "nvrtcGetNumSupportedArchs",
            "nvrtcGetSupportedArchs",
        ]
        for index in 0...last where !forgiven.contains(names[index]) {
            emulated.set("calls", 0)
            emulated.set("fail_at", index)
            #expect(throws: (any Error).self, "\(names[index]), call \(index)") { try run() }
            #expect(emulated.live == 0, "after \(names[index]), call \(index)")
        }
    }

    @Test func `a device's failure is told with its name, and lasts`() throws {
        let emulated = try EmulatedCuda()
        emulated.set("runs_kernels", 0)
        let backend = try emulated.backend()
        emulated.set("calls", 0)
        emulated.set("fail_at", 0)
        emulated.set("fails_ever_after", 1)
        let result = EmulatedCuda.work(on: backend)
        for _ in 0..<2 {
            let error = #expect(throws: BackendError.self) { try result.download() }
            let words = error?.description ?? ""
            #expect(words.contains("Emulated Device 0") && words.contains("LAUNCH_FAILED"))
        }
        // So that what follows can be given back.
        emulated.set("fail_at", -1)
    }

    @Test func `the summary and the class of the device name what decides the bits`() throws {
        let emulated = try EmulatedCuda()
        let backend = try emulated.backend(.bfloat16)
        #expect(backend.summary.contains("compute capability 9.0, bfloat16"))
        #expect(backend.deviceClass == "cuda-90-bfloat16")
    }

    @Test func `compiled kernels are kept and taken again`() throws {
        let emulated = try EmulatedCuda()
        let folder = try TemporaryFolder()
        let cache = KernelCache(folder: folder("kernels"))
        _ = try emulated.backend(cache: cache)
        emulated.clearLog()
        let backend = try emulated.backend(cache: cache)
        #expect(!emulated.log.contains("nvrtcCompileProgram"))
        let ones = backend.upload(HostTensor(repeating: 1, [3]))
        #expect(try ones.scaled(by: 2).download().values == [2, 2, 2])
        // A file where the folder should be only costs a compilation.
        let file = try folder.write("no folder", to: "file")
        _ = try emulated.backend(cache: KernelCache(folder: file))
        #expect(emulated.log.contains("nvrtcCompileProgram"))
    }
}
