import Cuda
import Tensors
import TestSupport
import Testing

/// Products through a cuBLASLt of ours, which checks all it is told: layouts, distances, alignment,
/// attributes, that an algorithm belongs to its product; and which spoils its workspace.
@Suite(.enabled(if: EmulatedCuda.isAvailable, EmulatedCuda.reason))
struct LibraryProductsTests {
    /// Those of which some go to the library; others never do.
    @Test(arguments: CudaPrecision.allCases)
    func `operations match the reference`(_ precision: CudaPrecision) throws {
        let emulated = try EmulatedCuda()
        let backend = try emulated.backend(precision, usesLibrary: true)
        let terms = precision.conformanceTerms
        emulated.clearLog()
        var worst = 0.0
        for conformance in ConformanceSuite.cases {
            let isLinear = conformance.operation == "linear"
            let isOfOneTap = conformance.detail.contains("kernel 1 stride 1")
            guard isLinear || isOfOneTap, terms.hasTinyValues || !conformance.hasTinyValues else {
                continue
            }
            let outcome = try conformance.run(on: backend, bound: terms.bound)
            #expect(outcome.isWithinBound, "\(conformance): \(outcome.error) in \(precision)")
            worst = max(worst, outcome.error)
        }
        #expect(emulated.log.count { $0 == "cublasLtMatmul" } > 15)
        #expect(!emulated.log.contains { $0.hasPrefix("refused") })
        // The precision is that of the product too.
        #expect(precision == .float32 ? worst < 1e-11 : worst > 1e-8)
    }

    /// A layer with everything that the route knows, by the library and by weft's kernels.
    private struct Layer: CustomStringConvertible {
        var activation = Activation.identity
        var hasBias = true
        var hasResidual = false
        var isByLibrary = true

        var description: String {
            "\(activation)\(hasBias ? " bias" : "")\(hasResidual ? " residual" : "")"
        }
    }

    private static let layers: [Layer] = [
        Layer(), Layer(hasBias: false), Layer(hasResidual: true),
        Layer(hasBias: false, hasResidual: true), Layer(activation: .relu),
        Layer(activation: .relu, hasBias: false),
        Layer(activation: .relu, hasResidual: true, isByLibrary: false),
        Layer(activation: .silu, isByLibrary: false), Layer(activation: .gelu, isByLibrary: false),
        Layer(activation: .quickGELU, isByLibrary: false),
    ]

    @Test(arguments: CudaPrecision.allCases)
    func `the library takes the layers that it can make, and makes them alike`(
        _ precision: CudaPrecision
    ) throws {
        let emulated = try EmulatedCuda()
        let library = try emulated.backend(precision, usesLibrary: true)
        let own = try emulated.backend(precision)
        for layer in Self.layers {
            emulated.clearLog()
            let found = try Self.run(layer, on: library)
            #expect(emulated.log.contains("cublasLtMatmul") == layer.isByLibrary, "\(layer)")
            emulated.clearLog()
            let expected = try Self.run(layer, on: own)
            #expect(!emulated.log.contains { $0.hasPrefix("cublasLt") })
            let bound = precision == .float32 ? 1e-12 : precision == .bfloat16 ? 1e-5 : 1e-6
            #expect(nmse(found, expected) < bound, "\(layer) in \(precision)")
        }
    }

    private static func run(_ layer: Layer, on backend: CudaBackend) throws -> HostTensor {
        let noise = NoiseSource(seed: 3)
        func drawn(_ shape: Shape, _ number: Int) -> HostTensor {
            HostTensor(noise.normals(shape.count, frame: number, key: .initial), shape)
        }
        func stored(_ tensor: HostTensor) -> StoredTensor {
            StoredTensor(name: "tensor", shape: tensor.shape) { tensor.values }
        }
        let weight = stored(drawn([24, 40], 0))
        let parameters = backend.prepareLinear(
            [(weight, layer.hasBias ? stored(drawn([24], 1)) : nil)],
            gated: false
        )
        return try backend.upload(drawn([2, 9, 40], 2)).linear(
            parameters,
            activation: layer.activation,
            residual: layer.hasResidual ? backend.upload(drawn([2, 9, 24], 3)) : nil
        ).download()
    }

    @Test func `convolutions of one tap are products, others are not`() throws {
        let emulated = try EmulatedCuda()
        let backend = try emulated.backend(usesLibrary: true)
        func stored(_ shape: Shape) -> StoredTensor {
            StoredTensor(name: "weight", shape: shape) { (0..<shape.count).map { Float($0 % 5) } }
        }
        func isByLibrary(_ kernel: Shape, stride: Int = 1, _ padding: Padding) throws -> Bool {
            let convolution = backend.prepareConvolution(
                weight: stored(kernel),
                bias: nil,
                stride: stride,
                padding: padding
            )
            emulated.clearLog()
            let x = backend.upload(HostTensor(repeating: 1, [2, 4, 4, 8]))
            _ = try x.convolve(convolution).download()
            return emulated.log.contains("cublasLtMatmul")
        }
        #expect(try isByLibrary([16, 8, 1, 1], Padding(0)))
        #expect(try !isByLibrary([16, 8, 1, 1], Padding(1)))
        #expect(try !isByLibrary([16, 8, 1, 1], stride: 2, Padding(0)))
        #expect(try !isByLibrary([16, 8, 3, 3], Padding(1)))
        // As high as its input, and of one column: not of one tap.
        let below = Padding(top: 0, left: 0, bottom: 2, right: 0)
        #expect(try !isByLibrary([16, 8, 3, 1], below))
        // What begins within a block where 16 bytes do not is not the library's.
        let wide = backend.upload(HostTensor(repeating: 1, [3, 4]))
        let linear = backend.prepareLinear([(stored([8, 4]), nil)], gated: false)
        emulated.clearLog()
        #expect(try wide.outer(1..<3).linear(linear).download().shape == [2, 8])
        #expect(!emulated.log.contains("cublasLtMatmul"))
    }

    @Test func `an algorithm is asked for once for every size`() throws {
        let emulated = try EmulatedCuda()
        let backend = try emulated.backend(usesLibrary: true)
        emulated.clearLog()
        for _ in 0..<3 {
            for layer in [Self.layers[0], Self.layers[2]] { _ = try Self.run(layer, on: backend) }
        }
        #expect(emulated.log.count { $0 == "cublasLtMatmul" } == 6)
        #expect(emulated.log.count { $0 == "cublasLtMatmulAlgoGetHeuristic" } == 2)
        #expect(backend.memory.activationBytes == 0)
    }

    @Test func `sizes for which the library has no algorithm are weft's`() throws {
        let emulated = try EmulatedCuda()
        emulated.set("algorithms", 0)
        let backend = try emulated.backend(usesLibrary: true)
        emulated.clearLog()
        let found = try Self.run(Self.layers[0], on: backend)
        #expect(emulated.log.contains("cublasLtMatmulAlgoGetHeuristic"))
        #expect(!emulated.log.contains("cublasLtMatmul"))
        let own = try Self.run(Self.layers[0], on: try emulated.backend())
        #expect(found.values == own.values)
    }

    /// Each call fails once, the others do not.
    @Test func `any call may fail, and everything is given back`() throws {
        let emulated = try EmulatedCuda()
        emulated.set("runs_kernels", 0)
        func run() throws {
            let backend = try emulated.backend(usesLibrary: true)
            _ = try Self.run(Self.layers[2], on: backend)
        }
        try run()
        #expect(emulated.live == 0)
        let names = emulated.log
        let last = try #require(names.lastIndex(of: "cublasLtMatmul"))
        var failed: Set<String> = []
        for index in 0...last where names[index].hasPrefix("cublasLt") {
            // What cannot be destroyed is not needed any more.
            guard !names[index].hasSuffix("Destroy") else { continue }
            emulated.set("calls", 0)
            emulated.set("fail_at", index)
            let error = #expect(throws: (any Error).self, "\(names[index])") { try run() }
            #expect("\(error.map { "\($0)" } ?? "")".contains("cuBLASLt, "))
            #expect(emulated.live == 0, "after \(names[index]), call \(index)")
            failed.insert(names[index])
        }
        #expect(failed.count == 8)
    }

    @Test func `the summary and the class of the device name the library and what it chooses by`()
        throws
    {
        let emulated = try EmulatedCuda()
        let backend = try emulated.backend(.tf32, usesLibrary: true)
        #expect(backend.summary.hasSuffix("tf32, products by cuBLASLt 12.9.3"))
        #expect(backend.deviceClass == "cuda-90-tf32-cublaslt-12.9.3-16")
        #expect(try emulated.backend(.tf32).deviceClass == "cuda-90-tf32")
    }
}
