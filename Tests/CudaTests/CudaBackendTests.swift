import Cuda
import Tensors
import Testing

/// The whole suite of operations through the backend, with the kernels run by the emulated device.
@Suite(.enabled(if: EmulatedCuda.isAvailable, EmulatedCuda.reason))
struct CudaBackendTests {
    @Test(arguments: CudaPrecision.allCases)
    func operationsMatchTheReference(_ precision: CudaPrecision) throws {
        let emulated = try EmulatedCuda()
        let backend = try emulated.backend(precision)
        for conformance in ConformanceSuite.cases {
            let error = try conformance.run(on: backend).error
            #expect(
                error <= precision.conformanceBound,
                "\(conformance) in \(precision): \(error)"
            )
        }
    }
}
