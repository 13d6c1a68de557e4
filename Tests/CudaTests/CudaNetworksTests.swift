import Cuda
import Foundation
import Models
import NN
import Tensors
import TestSupport
import Testing
import Training

/// Whole small networks on the emulated device, against what diffusers gave for them, and trained
/// against the processor.
@Suite(.enabled(if: EmulatedCuda.isAvailable, EmulatedCuda.reason))
struct CudaNetworksTests {
    static func network<Network>(
        _ golden: String,
        on backend: any Backend,
        unread prefixes: String...,
        build: (ConfigObject, WeightPath) throws -> Network
    ) throws -> (NetworkFixture, Network) {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let path = tests.appending(path: "ModelsTests/Goldens/\(golden).safetensors").path
        let fixture = try NetworkFixture(path)
        let store = ParameterStore(fixture.weights, backend: backend)
        let config = ConfigObject(fixture.config, label: "config.json")
        let network = try build(config, store.root)
        try store.finish { key in prefixes.contains { key.hasPrefix($0) } }
        return (fixture, network)
    }

    static func channelsLast(_ tensor: HostTensor) -> HostTensor {
        tensor.permuted([0] + Array(2..<tensor.shape.rank) + [1])
    }

    private static let bounds: [(CudaPrecision, Double)] = [
        (.float32, 1e-9), (.tf32, 1e-5), (.float16, 1e-4), (.bfloat16, 1e-2),
    ]

    @Test(arguments: bounds)
    func `the video network matches the reference`(
        _ precision: CudaPrecision,
        _ bound: Double
    ) throws {
        let emulated = try EmulatedCuda()
        let backend = try emulated.backend(precision)
        let (fixture, network) = try Self.network("gen1", on: backend) { config, weights in
            try Gen1UNet(try Gen1Config(config), weights)
        }
        let video = try network(
            sample: backend.upload(Self.channelsLast(try fixture("in.sample"))),
            structure: backend.upload(Self.channelsLast(try fixture("in.structure"))),
            structureLevel: try fixture("in.structure_level").values,
            timesteps: try fixture("in.timestep").values,
            content: backend.upload(try fixture("in.content")),
            mode: .video
        ).download()
        #expect(nmse(video, Self.channelsLast(try fixture("out.video"))) < bound)
    }

    @Test(arguments: bounds)
    func `the decoder matches the reference`(
        _ precision: CudaPrecision,
        _ bound: Double
    ) throws {
        let emulated = try EmulatedCuda()
        let backend = try emulated.backend(precision)
        let (fixture, decoder) = try Self.network(
            "vae",
            on: backend,
            unread: "encoder.",
            "quant_conv."
        ) { config, weights in
            try AutoencoderDecoder(try AutoencoderConfig(config), weights)
        }
        let latent = backend.upload(Self.channelsLast(try fixture("in.latent")))
        let image = try decoder(latent).download()
        #expect(nmse(image, Self.channelsLast(try fixture("out.image"))) < bound)
    }

    /// Gradients of all parameters, and the error after a step of the optimiser.
    private func trained(
        on base: any DifferentiableBackend
    ) throws -> (gradients: [HostTensor], error: Double) {
        let recording = RecordingBackend(base)
        let (fixture, model) = try recording.loading(component: "unet") {
            try Self.network("gen1", on: recording) { config, weights in
                try Gen1UNet(try Gen1Config(config), weights)
            }
        }
        let wanted = Self.channelsLast(try fixture("in.sample"))
        func predict() throws -> (output: Tensor, slope: HostTensor, error: Double) {
            let output = try model(
                sample: recording.upload(wanted),
                structure: recording.upload(Self.channelsLast(try fixture("in.structure"))),
                structureLevel: try fixture("in.structure_level").values,
                timesteps: try fixture("in.timestep").values,
                content: recording.upload(try fixture("in.content")),
                mode: .video
            )
            let found = try output.download()
            let differences = zip(found.values, wanted.values).map { $0 - $1 }
            let error = differences.reduce(0) { $0 + Double($1) * Double($1) }
            return (output, HostTensor(differences, found.shape), error)
        }
        let optimizer = try Optimizer(recording, TrainingSettings(steps: 9, learningRate: 1e-3))
        let (output, slope, _) = try predict()
        try recording.backward([(output, slope)])
        let gradients = try recording.parameters.map { parameter in
            try parameter.gradient?.download() ?? HostTensor(repeating: 0, parameter.shape)
        }
        optimizer.step(0, norm: try #require(optimizer.gradientNorm()))
        recording.forget()
        return (gradients, try recording.withoutRecording { try predict().error })
    }

    @Test(arguments: [(CudaPrecision.float32, 1e-9), (.tf32, 1e-4), (.bfloat16, 2e-3)])
    func `a training step is the processor's`(
        _ precision: CudaPrecision,
        _ bound: Double
    ) throws {
        let emulated = try EmulatedCuda()
        let found = try trained(on: emulated.backend(precision))
        let expected = try trained(on: CPUBackend(CPUConfiguration(threads: 1)))
        func joined(_ gradients: [HostTensor]) -> HostTensor {
            let values = gradients.flatMap(\.values)
            return HostTensor(values, [values.count])
        }
        #expect(nmse(joined(found.gradients), joined(expected.gradients)) < bound)
        #expect(abs(found.error / expected.error - 1) < bound.squareRoot())
    }
}
