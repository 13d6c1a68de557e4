import Tensors
import Testing

struct RecordingBackendTests {
    private let base = CPUBackend(CPUConfiguration(threads: 2))

    private func host(_ shape: Shape, _ value: (Int) -> Float) -> HostTensor {
        HostTensor((0..<shape.count).map(value), shape)
    }

    private func stored(_ name: String, _ shape: Shape) -> StoredTensor {
        StoredTensor(name: name, shape: shape) {
            (0..<shape.count).map { Float($0 % 7) * 0.1 - 0.25 }
        }
    }

    private func gradient(_ backend: RecordingBackend, _ x: Tensor) throws -> [Float]? {
        try backend.gradient(of: x)?.download().values
    }

    // MARK: Where gradients go

    @Test func aTensorUsedTwiceGetsTheSum() throws {
        let backend = RecordingBackend(base)
        let x = backend.watch(backend.upload(host([2, 3]) { Float($0) }))
        let y = backend.combine([(2, x), (3, x)]) + x
        try backend.backward([(y, host([2, 3]) { _ in 1 })])
        #expect(try gradient(backend, x) == [Float](repeating: 6, count: 6))
    }

    @Test func viewsShareTheirBuffersGradient() throws {
        let backend = RecordingBackend(base)
        let x = backend.watch(backend.upload(host([3, 2]) { Float($0) }))
        let first = x.outer(0..<2).scaled(by: 2)
        let last = x.reshaped([6]).outer(3..<6).scaled(by: 10)
        try backend.backward([
            (first, host([2, 2]) { _ in 1 }), (last, host([3]) { Float($0) }),
        ])
        #expect(try gradient(backend, x) == [2, 2, 2, 2, 10, 20])
    }

    /// What one consumer adds up must not show in the gradient another shares.
    @Test func passedGradientsAreNotWrittenTo() throws {
        let backend = RecordingBackend(base)
        let x = backend.watch(backend.upload(host([4]) { Float($0) }))
        let y = backend.watch(backend.upload(host([4]) { Float($0) }))
        let sum = x + y
        let more = x.scaled(by: 5)
        try backend.backward([(sum, host([4]) { _ in 1 }), (more, host([4]) { _ in 1 })])
        #expect(try gradient(backend, x) == [6, 6, 6, 6])
        #expect(try gradient(backend, y) == [1, 1, 1, 1])
    }

    @Test func constantsStopGradients() throws {
        let backend = RecordingBackend(base)
        let x = backend.watch(backend.upload(host([2]) { _ in 1 }))
        let y = x + backend.constant(x.scaled(by: 7)) + base.upload(host([2]) { _ in 3 })
        #expect(try y.download().values == [11, 11])
        try backend.backward([(y, host([2]) { _ in 1 })])
        #expect(try gradient(backend, x) == [1, 1])
    }

    @Test func whatIsBetweenCanBeWatched() throws {
        let backend = RecordingBackend(base)
        let x = backend.watch(backend.upload(host([2]) { _ in 1 }))
        let middle = backend.watch(x.scaled(by: 3))
        let end = middle.scaled(by: 5)
        #expect(try gradient(backend, middle) == nil)
        try backend.backward([(end, host([2]) { _ in 1 })])
        #expect(try gradient(backend, middle) == [5, 5])
        #expect(try gradient(backend, x) == [15, 15])
    }

    @Test func nothingIsRememberedWithoutRecording() throws {
        let backend = RecordingBackend(base)
        let x = backend.watch(backend.upload(host([2]) { _ in 1 }))
        let y = backend.withoutRecording { x.scaled(by: 3) } + x
        try backend.backward([(y, host([2]) { _ in 1 })])
        #expect(try gradient(backend, x) == [1, 1])
    }

    @Test func functionsOnTheHostHaveGradients() throws {
        let backend = RecordingBackend(base)
        let x = backend.watch(backend.upload(host([3]) { Float($0) + 1 }))
        let y = backend.watch(backend.upload(host([3]) { _ in 2 }))
        let results = try backend.hostFunction([x, y]) { values in
            let product = zip(values[0].values, values[1].values).map { $0 * $1 }
            return (
                [HostTensor(product, [3]), HostTensor([0], [1])],
                { gradients in
                    #expect(gradients[1] == nil)
                    let passed = gradients[0]?.values ?? []
                    return [
                        HostTensor(zip(passed, values[1].values).map { $0 * $1 }, [3]), nil,
                    ]
                }
            )
        }
        try backend.backward([(results[0].scaled(by: 2), host([3]) { _ in 1 })])
        #expect(try gradient(backend, x) == [4, 4, 4])
        #expect(try gradient(backend, y) == nil)
    }

    // MARK: Parameters

    @Test func frozenParametersGetNoGradient() throws {
        let backend = RecordingBackend(base)
        func trains(_ key: String) -> Bool { key != "frozen" }
        let parameters = backend.loading(component: "unet", trains: trains) {
            backend.prepareLinear(
                [(stored("w", [3, 4]), stored("b", [3])), (stored("frozen", [2, 4]), nil)],
                gated: false
            )
        }
        #expect(backend.parameters.map(\.key) == ["w", "b", "frozen"])
        #expect(backend.parameters.map(\.trains) == [true, true, false])
        #expect(backend.parameters.allSatisfy { $0.component == "unet" && $0.gradient == nil })
        let y = backend.upload(host([2, 4]) { Float($0) }).linear(parameters)
        try backend.backward([(y, host([2, 5]) { _ in 1 })])
        #expect(try backend.parameters[0].gradient?.download().shape == [3, 4])
        #expect(try backend.parameters[1].gradient?.download().values == [2, 2, 2])
        #expect(backend.parameters[2].gradient == nil)
        backend.clearGradients()
        #expect(backend.parameters.allSatisfy { $0.gradient == nil })
    }

    @Test func gradientsAddUpOverPasses() throws {
        let backend = RecordingBackend(base)
        let shift = backend.loading(component: "c") {
            backend.prepareTensor(stored("shift", [1, 4]), as: [4])
        }
        for _ in 0..<3 {
            let y = backend.upload(host([2, 4]) { _ in 1 }).addRows(shift.reshaped([1, 4]))
            try backend.backward([(y, host([2, 4]) { _ in 1 })])
        }
        let gradient = try backend.parameters[0].gradient?.download()
        #expect(gradient == HostTensor(repeating: 6, [1, 4]))
    }

    @Test func aChangedValueIsUsed() throws {
        let backend = RecordingBackend(base)
        let parameters = backend.prepareLinear([(stored("w", [1, 2]), nil)], gated: false)
        let x = backend.watch(backend.upload(HostTensor([1, 1], [1, 2])))
        _ = x.linear(parameters)
        backend.parameters[0].replace(HostTensor([-0.0, 5], [1, 2]))
        #expect(
            try backend.parameters[0].value.download().values.map(\.bitPattern)
                == [Float(-0.0).bitPattern, Float(5).bitPattern]
        )
        let y = x.linear(parameters)
        #expect(try y.download().values == [5])
        try backend.backward([(y, HostTensor([1], [1, 1]))])
        #expect(try gradient(backend, x) == [0, 5])
        backend.parameters[0].update {
            base.accumulate($0.reshaped([2]), into: $0, coefficient: 1)
        }
        #expect(try x.linear(parameters).download().values == [10])
    }

    /// A layer may take a parameter in another order; its gradient is in the checkpoint's.
    @Test func rearrangedParametersGetTheirGradientsInTheirOwnOrder() throws {
        let (weight, bias) = (stored("w", [2, 3, 2, 2]), stored("b", [3]))
        func gradients(_ isRearranged: Bool) throws -> [[Float]] {
            let backend = RecordingBackend(base)
            let kernel = weight.permuted([2, 3, 1, 0], as: [12, 2])
            let shift = bias.repeated(4)
            let parts =
                isRearranged
                ? (kernel, shift)
                : (
                    StoredTensor(name: "w", shape: [12, 2]) { kernel.floats() },
                    StoredTensor(name: "b", shape: [12]) { shift.floats() }
                )
            let parameters = backend.prepareLinear([parts], gated: false)
            let y = backend.upload(host([5, 2]) { Float($0) }).linear(parameters)
            try backend.backward([(y, host([5, 12]) { Float($0 % 5) - 1 })])
            return try backend.parameters.map { try $0.gradient?.download().values ?? [] }
        }
        let (found, plain) = (try gradients(true), try gradients(false))
        let kernel = HostTensor(plain[0], [2, 2, 3, 2]).permuted([3, 2, 0, 1])
        #expect(found[0] == kernel.values)
        let sums = (0..<3).map { channel in
            (0..<4).reduce(0) { $0 + plain[1][$1 * 3 + channel] }
        }
        #expect(found[1] == sums)
    }

    // MARK: Segments and memory

    private struct Block {
        let expand: LinearParameters
        let contract: LinearParameters
        let scale: Tensor
        let shift: Tensor

        func callAsFunction(_ x: Tensor) -> Tensor {
            let norm = NormParameters(scale: scale, shift: shift, epsilon: 1e-5)
            let hidden = x.layerNorm(norm).linear(expand, activation: .gelu)
            return hidden.linear(contract, residual: x)
        }
    }

    private func block(_ backend: RecordingBackend, _ index: Int) -> Block {
        Block(
            expand: backend.prepareLinear(
                [(stored("\(index).e", [40, 9]), stored("\(index).eb", [40]))],
                gated: false
            ),
            contract: backend.prepareLinear([(stored("\(index).c", [9, 40]), nil)], gated: false),
            scale: backend.prepareTensor(stored("\(index).s", [9]), as: [9]),
            shift: backend.prepareTensor(stored("\(index).t", [9]), as: [9])
        )
    }

    /// Bits of all gradients after two passes, and the largest memory in use.
    private func train(segments: Bool) throws -> (bits: [[UInt32]], peak: Int) {
        let device = CPUBackend(CPUConfiguration(threads: 2))
        let backend = RecordingBackend(device, segments: segments)
        let blocks = (0..<4).map { block(backend, $0) }
        device.resetPeakMemory()
        for pass in 0..<2 {
            var x = backend.watch(backend.upload(host([300, 9]) { Float($0 % (11 + pass)) * 0.1 }))
            let start = x
            for block in blocks {
                // A captured tensor that is followed gets its gradient too.
                x = backend.segment([x]) { block($0[0]) + start }
            }
            try backend.backward([(x, host([300, 9]) { Float($0 % 5) - 2 })])
        }
        let bits = try backend.parameters.map {
            try $0.gradient?.download().values.map(\.bitPattern) ?? []
        }
        return (bits, device.memory.activationPeakBytes)
    }

    @Test func segmentsChangeNoBitAndSaveMemory() throws {
        let plain = try train(segments: false)
        let segmented = try train(segments: true)
        #expect(plain.bits == segmented.bits)
        #expect(plain.bits.allSatisfy { bits in bits.contains { $0 != 0 } })
        #expect(segmented.peak < plain.peak)
    }

    @Test func aSegmentOfConstantsIsNotRemembered() throws {
        let backend = RecordingBackend(base, segments: true)
        var runs = 0
        let y = backend.segment([backend.upload(host([2]) { _ in 1 })]) { inputs in
            runs += 1
            return inputs[0].scaled(by: 2)
        }
        let x = backend.watch(backend.upload(host([2]) { _ in 1 }))
        try backend.backward([(x + y, host([2]) { _ in 1 })])
        #expect(runs == 1)
    }

    @Test func aPassLeavesNothingBehind() throws {
        let device = CPUBackend(CPUConfiguration(threads: 1))
        let backend = RecordingBackend(device)
        let block = block(backend, 0)
        func pass() throws {
            let x = backend.upload(host([300, 9]) { Float($0 % 13) * 0.1 })
            let y = block(block(x))
            try backend.backward([(y, host([300, 9]) { _ in 0.1 })])
        }
        try pass()
        let used = device.memory.activationBytes
        try pass()
        #expect(device.memory.activationBytes == used)
        let x = backend.upload(host([300, 9]) { Float($0) })
        _ = block(x)
        backend.forget()
        backend.clearGradients()
        #expect(device.memory.activationBytes < used)
    }

    @Test func aSeedThatLeadsNowhereIsAProgrammersError() async {
        await #expect(processExitsWith: .failure) {
            let backend = RecordingBackend(CPUBackend(CPUConfiguration(threads: 1)))
            let x = backend.upload(HostTensor([1], [1]))
            try backend.backward([(x, HostTensor([1], [1]))])
        }
    }
}
