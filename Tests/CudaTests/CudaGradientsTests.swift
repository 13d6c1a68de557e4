import Cuda
import Tensors
import TestSupport
import Testing

/// Derivatives on the emulated device: every operation's, and what an optimiser asks for.
@Suite(.enabled(if: EmulatedCuda.isAvailable, EmulatedCuda.reason))
struct CudaGradientsTests {
    @Test(
        arguments: [
            (CudaPrecision.float32, false), (.float32, true), (.float16, true), (.bfloat16, false),
        ]
    )
    func `gradients are those of the reference in any order of threads`(
        _ precision: CudaPrecision,
        _ isReversed: Bool
    ) throws {
        let emulated = try EmulatedCuda()
        emulated.set("reversed", isReversed ? 1 : 0)
        let backend = try emulated.backend(precision)
        let report = try ConformanceReport(ofGradientsOn: backend, precision.conformanceTerms)
        for operation in report.operations {
            #expect(operation.failures.isEmpty, "\(operation) in \(precision)")
        }
        // Rounding of values shows: the kernels are those of the precision.
        let linear = try #require(report.operations.first { $0.name == "linear" })
        #expect(precision == .float32 ? linear.worst < 1e-4 : linear.worst > 1e-4)
    }

    @Test func `the order of threads changes no bit`() throws {
        func bits(_ isReversed: Bool) throws -> [[UInt32]] {
            let emulated = try EmulatedCuda()
            emulated.set("reversed", isReversed ? 1 : 0)
            let backend = try emulated.backend(.bfloat16)
            let step = try RecordedStep(on: backend)
            try step.goBack()
            return try step.gradients().map { $0.values.map(\.bitPattern) }
        }
        #expect(try bits(false) == bits(true))
    }

    /// Heads of every width that has kernels, against the processor.
    @Test(arguments: [20, 40, 80, 96, 160, 200], [18, 70])
    func `every kernel of attention has its gradient`(_ width: Int, _ keys: Int) throws {
        let noise = NoiseSource(seed: UInt64(width))
        let shapes: [Shape] = [
            [2, 18, 2 * width], [1, keys, 2 * width], [1, keys, 2 * width], [2, 18, 2 * width],
        ]
        let operands = shapes.enumerated().map { index, shape in
            HostTensor(noise.normals(shape.count, frame: index, key: .initial), shape)
        }
        func gradients(_ backend: any DifferentiableBackend) throws -> [HostTensor] {
            let recording = RecordingBackend(backend)
            let parts = operands.prefix(3).map { recording.watch(recording.upload($0)) }
            let result = recording.attention(
                query: AttentionOperand(parts[0]),
                key: AttentionOperand(parts[1]),
                value: AttentionOperand(parts[2]),
                heads: 2,
                scale: 0.2,
                mask: keys == 18 ? .causal : .none
            )
            try recording.backward([(result, operands[3])])
            return try parts.map { try #require(recording.gradient(of: $0)).download() }
        }
        let emulated = try EmulatedCuda()
        let found = try gradients(emulated.backend(.float16))
        let expected = try gradients(CPUBackend(CPUConfiguration(threads: 1)))
        for (found, expected) in zip(found, expected) { #expect(nmse(found, expected) < 1e-5) }
    }

    /// Enough rows that sums are taken in several slices, over several blocks of outputs.
    @Test(arguments: [(CudaPrecision.float32, 1e-9), (.bfloat16, 1e-3)])
    func `sums over many rows are the processor's`(
        _ precision: CudaPrecision,
        _ bound: Double
    ) throws {
        let noise = NoiseSource(seed: 7)
        @Sendable func tensor(_ index: Int, _ shape: Shape) -> HostTensor {
            HostTensor(noise.normals(shape.count, frame: index, key: .initial), shape)
        }
        func stored(_ index: Int, _ shape: Shape) -> StoredTensor {
            StoredTensor(name: "\(index)", shape: shape) { tensor(index, shape).values }
        }
        func gradients(_ backend: any DifferentiableBackend) throws -> [HostTensor] {
            let recording = RecordingBackend(backend)
            let result = recording.loading(component: "rows") {
                func norm(_ index: Int) -> NormParameters {
                    NormParameters(
                        scale: recording.prepareTensor(stored(index, [24]), as: [24]),
                        shift: recording.prepareTensor(stored(index + 10, [24]), as: [24]),
                        epsilon: 1e-5
                    )
                }
                let linear = recording.prepareLinear(
                    [(stored(1, [136, 24]), stored(2, [136]))],
                    gated: false
                )
                let x = recording.upload(tensor(3, [2, 600, 24]))
                return x.groupNorm(norm(4), groups: 3, activation: .silu).layerNorm(norm(5))
                    .linear(linear)
            }
            try recording.backward([(result, tensor(6, result.shape))])
            return try recording.parameters.map { try #require($0.gradient).download() }
        }
        let emulated = try EmulatedCuda()
        let found = try gradients(emulated.backend(precision))
        let expected = try gradients(CPUBackend(CPUConfiguration(threads: 1)))
        #expect(found.count == 6)
        for (found, expected) in zip(found, expected) { #expect(nmse(found, expected) < bound) }
    }

    // MARK: Optimisation

    @Test func `updates are those of the processor, in float32 whatever values are`() throws {
        let shape: Shape = [3, 1111]
        let noise = NoiseSource(seed: 5)
        let values = (0..<4).map {
            HostTensor(noise.normals(shape.count, frame: $0, key: .initial), shape)
        }
        func updated(_ backend: any DifferentiableBackend) throws -> [HostTensor] {
            let value = backend.uploadWide(values[0])
            let (mean, variance) = (backend.wideZeros(shape), backend.wideZeros(shape))
            for number in 1...3 {
                backend.adamW(
                    value: value,
                    gradient: backend.uploadWide(values[number]),
                    mean: mean,
                    variance: variance,
                    AdamWStep(
                        rate: 1e-3,
                        beta1: 0.9,
                        beta2: 0.999,
                        epsilon: 1e-8,
                        weightDecay: 0.1,
                        gradientScale: 0.5,
                        number: number
                    )
                )
            }
            return try [value, mean, variance].map { try $0.download() }
        }
        let emulated = try EmulatedCuda()
        let expected = try updated(CPUBackend(CPUConfiguration(threads: 1)))
        for precision in CudaPrecision.allCases {
            let found = try updated(emulated.backend(precision))
            for (found, expected) in zip(found, expected) {
                #expect(nmse(found, expected) < 1e-12, "\(precision)")
            }
        }
    }

    @Test func `norms of all gradients take one wait`() throws {
        let emulated = try EmulatedCuda()
        let backend = try emulated.backend(.bfloat16)
        let counts = [1, 255, 70_001, 0, 3]
        let noise = NoiseSource(seed: 6)
        let values = counts.enumerated().map { index, count in
            HostTensor(noise.normals(count, frame: index, key: .initial), [count])
        }
        let tensors = values.map { backend.uploadWide($0) }
        emulated.clearLog()
        let norms = backend.squaredNorms(tensors)
        let waits = emulated.log.filter { $0.hasSuffix("Synchronize") }
        #expect(waits == ["cuEventSynchronize"])
        for (norm, tensor) in zip(norms, values) {
            let expected = tensor.values.reduce(0) { $0 + Double($1) * Double($1) }
            #expect(abs(norm - expected) <= 1e-12 * expected)
        }
    }

    @Test func `wide tensors keep their bits beside values that do not`() throws {
        let emulated = try EmulatedCuda()
        let backend = try emulated.backend(.bfloat16)
        let values = HostTensor([1 + 0x1p-20, -3e-20, 7], [3])
        let wide = backend.uploadWide(values)
        #expect(try wide.download() == values)
        #expect(try backend.combine([(1, wide)]).download() == values)
        let moved = try backend.permute(wide.reshaped([3, 1]), [1, 0]).download()
        #expect(moved.values == values.values)
        let rounded = try backend.narrowed(wide).download()
        #expect(rounded.values[0] == 1 && rounded.values[2] == 7)
        #expect(rounded.values[1] != values.values[1] && rounded.values[1].bitPattern % 65_536 == 0)
        #expect(try backend.widened(backend.upload(values)).download() == rounded)
        backend.write(values, into: wide)
        backend.accumulate(backend.upload(values), into: wide, coefficient: 2)
        let sum = try wide.download()
        #expect(sum.values[0] == 3 + 0x1p-20)
    }

    // MARK: Failures

    @Test func `nothing is read back on the way back`() throws {
        let emulated = try EmulatedCuda()
        emulated.set("runs_kernels", 0)
        let step = try RecordedStep(on: emulated.backend(.bfloat16))
        emulated.clearLog()
        try step.goBack()
        step.update()
        let log = Set(emulated.log)
        #expect(log.contains("cuLaunchKernel"))
        #expect(log.isDisjoint(with: ["cuStreamSynchronize", "cuMemcpyDtoHAsync_v2"]))
    }

    @Test func `any call of a training step may fail, and everything is given back`() throws {
        let emulated = try EmulatedCuda()
        emulated.set("runs_kernels", 0)
        /// The number of calls, the last of which waits for the device.
        func run(failingAt index: Int) throws -> Int {
            let step = try RecordedStep(on: emulated.backend(.bfloat16))
            emulated.set("calls", 0)
            emulated.set("fail_at", index)
            defer { emulated.set("fail_at", -1) }
            try step.goBack()
            step.update()
            let norms = step.backend.squaredNorms(step.recording.parameters.map(\.value))
            #expect(norms.count == step.recording.parameters.count)
            try step.backend.synchronize()
            return emulated.calls
        }
        let calls = try run(failingAt: -1)
        #expect(calls > 100 && emulated.live == 0)
        // Of the backend's own start another test fails every call.
        for index in 0..<calls {
            #expect(throws: BackendError.self, "call \(index)") { try run(failingAt: index) }
            #expect(emulated.live == 0, "after call \(index)")
        }
    }
}

/// A small network with every kind of layer, gone through once.
private final class RecordedStep {
    let backend: CudaBackend
    let recording: RecordingBackend
    private let result: Tensor

    init(on backend: CudaBackend) throws {
        self.backend = backend
        recording = RecordingBackend(backend)
        let recording = recording
        result = recording.loading(component: "step") {
            func stored(_ name: String, _ shape: Shape) -> StoredTensor {
                StoredTensor(name: name, shape: shape) {
                    (0..<shape.count).map { Float($0 % 7) / 7 - 0.4 }
                }
            }
            let convolution = recording.prepareConvolution(
                weight: stored("convolution", [16, 16, 3, 3]),
                bias: stored("bias", [16]),
                stride: 2,
                padding: Padding(1)
            )
            let gate = recording.prepareLinear([(stored("gate", [32, 16]), nil)], gated: true)
            let norm = NormParameters(
                scale: recording.prepareTensor(stored("scale", [16]), as: [16]),
                shift: recording.prepareTensor(stored("shift", [16]), as: [16]),
                epsilon: 1e-5
            )
            let table = recording.prepareTensor(stored("table", [5, 16]), as: [5, 16])
            let x = recording.upload(HostTensor(repeating: 0.5, [2, 5, 5, 16]))
            let normed = x.addRows(table, repeats: 1).groupNorm(norm, groups: 4, activation: .silu)
            let tokens = normed.convolve(convolution).reshaped([2, 9, 16]).layerNorm(norm)
            let gated = tokens.gatedLinear(gate)
            return recording.attention(
                query: AttentionOperand(gated),
                key: AttentionOperand(tokens),
                value: AttentionOperand(tokens),
                heads: 2,
                scale: 0.3,
                mask: .none
            )
        }
    }

    func goBack() throws {
        try recording.backward([(result, HostTensor(repeating: 0.1, result.shape))])
    }

    func gradients() throws -> [HostTensor] {
        try recording.parameters.map { try #require($0.gradient).download() }
    }

    func update() {
        for parameter in recording.parameters {
            let zeros = backend.wideZeros(parameter.shape)
            parameter.update { value in
                backend.accumulate(
                    parameter.gradient ?? zeros,
                    into: value,
                    coefficient: -0.1
                )
            }
        }
    }
}
