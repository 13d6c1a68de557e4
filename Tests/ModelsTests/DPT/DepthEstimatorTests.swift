import Models
import NN
import Tensors
import TestSupport
import Testing

/// Parity with transformers 5.23.0, element by element.
struct DepthEstimatorTests {
    private func estimator(
        _ fixture: NetworkFixture,
        on backend: any Backend
    ) throws -> DepthEstimator {
        let store = ParameterStore(fixture.weights, backend: backend)
        let config = ConfigObject(fixture.config, label: "config.json")
        let estimator = try DepthEstimator(DPTConfig(config), store.root)
        try store.finish(ignoring: isUnreadTensorAllowed)
        return estimator
    }

    /// The second and third image of `dpt` are no squares, and the third's grid is odd.
    @Test(
        arguments: [("dpt", 0), ("dpt", 1), ("dpt", 2), ("dpt_add", 0), ("dpt_ignore", 0)],
        KernelVersion.available
    )
    func matchesTheReference(_ golden: (name: String, image: Int), _ kernels: KernelVersion) throws
    {
        let fixture = try NetworkFixture(golden: golden.name)
        let backend = kernels.backend()
        let estimator = try estimator(fixture, on: backend)
        let pixels = channelsLast(try fixture("in.pixel_values.\(golden.image)"))
        let depth = try estimator(backend.upload(pixels)).download()
        let expected = try fixture("out.predicted_depth.\(golden.image)")
        #expect(depth.shape == Shape(expected.shape.dimensions + [1]))
        #expect(nmse(depth.values, expected.values) < 1e-10)
        #expect(depth.values.allSatisfy { $0 >= 0 })
    }

    @Test(arguments: [[1, 7, 32, 3], [1, 32, 32, 1], [0, 32, 32, 3], [32, 32, 3]])
    func refusesWhatIsNoImage(_ shape: [Int]) throws {
        let backend = KernelVersion.best.backend()
        let estimator = try estimator(try NetworkFixture(golden: "dpt"), on: backend)
        let pixels = backend.upload(HostTensor(repeating: 0, Shape(shape)))
        #expect(throws: NetworkInputError.self) { try estimator(pixels) }
    }
}
