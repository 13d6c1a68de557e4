import Tensors
import Testing

@Suite struct GradientSuiteTests {
    static let configurations: [CPUConfiguration] = KernelVersion.available.map {
        CPUConfiguration(threads: 2, kernels: $0)
    }

    @Test(
        "The gradients of every operation are those of the reference in float64",
        arguments: configurations
    )
    func conforms(_ configuration: CPUConfiguration) throws {
        let backend = CPUBackend(configuration)
        for gradientCase in GradientSuite.cases {
            let outcome = try gradientCase.run(on: backend)
            #expect(outcome.isWithinBound, "\(gradientCase): \(outcome.error)")
        }
    }
}
