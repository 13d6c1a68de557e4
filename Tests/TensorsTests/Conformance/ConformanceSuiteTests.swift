import Tensors
import Testing

/// Every operation on every kernel version and product provider against the float64 reference.
struct ConformanceSuiteTests {
    static let configurations: [CPUConfiguration] = KernelVersion.available.flatMap { kernels in
        ProductProvider.allCases.map { products in
            CPUConfiguration(threads: 2, kernels: kernels, products: products)
        }
    }

    @Test(arguments: configurations)
    func operationsMatchTheReference(_ configuration: CPUConfiguration) throws {
        let backend = CPUBackend(configuration)
        for conformance in ConformanceSuite.cases {
            let outcome = try conformance.run(on: backend)
            #expect(
                outcome.isWithinBound,
                "\(conformance) on \(backend.summary): \(outcome.error) > \(conformance.bound)"
            )
        }
    }

    /// Where the size alone decides, small images never meet the other algorithms.
    @Test(arguments: KernelVersion.available, ConvolutionAlgorithm.allCases)
    func convolutionsMatchTheReference(
        _ kernels: KernelVersion,
        by algorithm: ConvolutionAlgorithm
    ) throws {
        let configuration = CPUConfiguration(threads: 2, kernels: kernels, products: .tiles)
        let backend = CPUBackend(configuration, convolvingBy: algorithm)
        for conformance in ConformanceSuite.cases where conformance.operation == "convolve" {
            let outcome = try conformance.run(on: backend)
            #expect(
                outcome.isWithinBound,
                "\(conformance) on \(backend.summary): \(outcome.error) > \(conformance.bound)"
            )
        }
    }

    @Test func aWrongResultIsFound() throws {
        let backend = CPUBackend()
        for conformance in ConformanceSuite.cases {
            let swapped = try conformance.run(on: backend) { found in
                var wrong = found
                wrong.values[found.values.count / 2] += 0.01
                return wrong
            }
            #expect(!swapped.isWithinBound, "\(conformance)")
            let infinite = try conformance.run(on: backend) { found in
                HostTensor(repeating: .nan, found.shape)
            }
            #expect(!infinite.isWithinBound, "\(conformance)")
        }
    }

    @Test func threadsDoNotChangeABit() throws {
        let one = CPUBackend(CPUConfiguration(threads: 1))
        let three = CPUBackend(CPUConfiguration(threads: 3))
        for conformance in ConformanceSuite.cases {
            let first = try conformance.run(on: one).error
            let second = try conformance.run(on: three).error
            #expect(first == second, "\(conformance)")
        }
    }

    @Test(arguments: [ConvolutionAlgorithm.winograd2, .winograd4])
    func threadsDoNotChangeABit(by algorithm: ConvolutionAlgorithm) throws {
        let one = CPUBackend(CPUConfiguration(threads: 1), convolvingBy: algorithm)
        let three = CPUBackend(CPUConfiguration(threads: 3), convolvingBy: algorithm)
        for conformance in ConformanceSuite.cases where conformance.operation == "convolve" {
            let first = try conformance.run(on: one).error
            let second = try conformance.run(on: three).error
            #expect(first == second, "\(conformance)")
        }
    }
}
