import Tensors
import TestSupport
import Testing

struct CPUBackendTests {
    private let backend = CPUBackend(CPUConfiguration(threads: 2))

    @Test func `what goes up comes down to the bit`() throws {
        for shape: Shape in [[], [0], [1], [3, 0, 2], [5, 7, 11]] {
            let x = randomTensor(shape, seed: 1)
            #expect(try backend.upload(x).download() == x)
        }
        let special = HostTensor([.infinity, -.infinity, -0.0, .leastNonzeroMagnitude], [4])
        let found = try backend.upload(special).download()
        #expect(found.values.map(\.bitPattern) == special.values.map(\.bitPattern))
    }

    @Test func `views are the same memory`() throws {
        let x = backend.upload(randomTensor([4, 6], seed: 2))
        let before = backend.memory.activationBytes
        let rows = x.outer(1..<3)
        let view = rows.reshaped([3, 4])
        #expect(backend.memory.activationBytes == before)
        #expect(view.buffer === x.buffer)
        #expect(try view.download().values == Array(x.download().values[6..<18]))
    }

    @Test func `memory is counted, given back, and used again`() {
        let start = backend.memory.activationBytes
        backend.resetPeakMemory()
        var first: Tensor? = backend.allocate([1 << 18])
        let held = backend.memory.activationBytes
        #expect(held >= start + 1 << 20 && held <= start + (1 << 20) * 9 / 8)
        let second = backend.allocate([1 << 18])
        let peak = backend.memory.activationPeakBytes
        #expect(peak == start + 2 * (held - start))
        first = nil
        #expect(first == nil && backend.memory.activationBytes == held)
        // The block just given back serves the next request of its size: the peak stays.
        let third = backend.allocate([1 << 18])
        #expect(backend.memory.activationPeakBytes == peak)
        withExtendedLifetime((second, third)) {}
    }

    @Test func `what was given back serves other sizes, and goes when it is asked to`() {
        let backend = CPUBackend(CPUConfiguration(threads: 1))
        var wide: Tensor? = backend.allocate([1 << 20])
        #expect(backend.memory.activationHeldBytes == 4 << 20)
        wide = nil
        // Two narrow ones take its place, and a wide one fits again after them.
        var narrow: [Tensor]? = [backend.allocate([1 << 19]), backend.allocate([1 << 19])]
        #expect(backend.memory.activationHeldBytes == 4 << 20)
        narrow = nil
        wide = backend.allocate([1 << 20])
        #expect(backend.memory.activationHeldBytes == 4 << 20)
        wide = nil
        #expect(wide == nil && narrow == nil)
        backend.releaseUnusedMemory()
        #expect(backend.memory.activationHeldBytes == 0)
    }

    @Test func `values survive what is released beside them`() throws {
        let backend = CPUBackend(CPUConfiguration(threads: 1))
        let before: Tensor? = backend.allocate([70_001])
        let values = randomTensor([70_001], seed: 3)
        let kept = backend.upload(values)
        var behind: Tensor? = backend.allocate([90_001])
        withExtendedLifetime(before) {}
        behind = nil
        #expect(behind == nil)
        let weight = StoredTensor(name: "w", shape: [1, 1]) { [1] }
        _ = backend.prepareLinear([(weight, nil)], gated: false)
        #expect(try kept.download() == values)
        // What was released is memory again when it is wanted.
        let again = backend.upload(randomTensor([90_001], seed: 4))
        #expect(try again.download() == randomTensor([90_001], seed: 4))
        #expect(try kept.download() == values)
    }

    @Test func `parameters are counted for as long as they are held`() {
        let weight = StoredTensor(name: "w", shape: [64, 96]) {
            [Float](repeating: 1, count: 64 * 96)
        }
        let before = backend.memory.parameterBytes
        var parameters: LinearParameters? = backend.prepareLinear([(weight, nil)], gated: false)
        #expect(backend.memory.parameterBytes - before >= 64 * 96 * 4)
        #expect(parameters?.inputs == 96 && parameters?.outputs == 64)
        parameters = nil
        #expect(parameters == nil && backend.memory.parameterBytes == before)
    }

    @Test func `the summary says what is in use`() {
        let configuration = CPUConfiguration(threads: 1, kernels: .scalar)
        #expect(configuration.products == .openBLAS)
        #expect(
            CPUBackend(configuration).summary
                == "cpu, scalar kernels, openblas products, direct convolutions, 1 thread"
        )
    }

    @Test func `the device class tells apart what gives other bits`() {
        let classes = KernelVersion.available.flatMap { kernels in
            ProductProvider.allCases.flatMap { products in
                [false, true].map { isExact in
                    CPUConfiguration(kernels: kernels, products: products, isExact: isExact)
                }
            }
        }
        // OpenBLAS has one way to convolve.
        #expect(Set(classes.map(\.deviceClass)).count == 3 * KernelVersion.available.count)
        #expect(
            CPUConfiguration(threads: 7, kernels: .scalar, products: .tiles).deviceClass
                == "cpu-scalar-tiles-winograd"
        )
    }

    @Test func `operations from several tasks at once do not disturb each other`() async throws {
        let backend = CPUBackend(CPUConfiguration(threads: 2), convolvingBy: .winograd4)
        let weight = randomTensor([48, 40, 3, 3], seed: 5)
        let parameters = backend.prepareConvolution(
            weight: StoredTensor(name: "w", shape: weight.shape) { weight.values },
            bias: nil,
            stride: 1,
            padding: Padding(1)
        )
        let images = (0..<8).map { randomTensor([1, 20 + $0, 17, 40], seed: UInt64($0)) }
        let alone = try images.map { try backend.upload($0).convolve(parameters).download() }
        let together = try await withThrowingTaskGroup(of: (Int, HostTensor).self) { group in
            for (index, image) in images.enumerated() {
                group.addTask {
                    (index, try backend.upload(image).convolve(parameters).download())
                }
            }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        for (index, expected) in alone.enumerated() { #expect(together[index] == expected) }
    }

    @Test func `a view beyond its buffer is a programmer's error`() async {
        await #expect(processExitsWith: .failure) {
            let backend = CPUBackend(CPUConfiguration(threads: 1))
            _ = backend.allocate([4, 2]).outer(3..<5)
        }
    }

    @Test func `scalar kernels run everywhere`() {
        #expect(KernelVersion.available.contains(.scalar))
        #expect(KernelVersion.available.last == KernelVersion.best)
        #expect(openBLASSummary().contains("OpenBLAS"))
    }
}
