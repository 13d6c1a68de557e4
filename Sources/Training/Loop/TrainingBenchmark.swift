import Diffusion
package import Models
import NN
package import Tensors

/// One training step of the small gen1, for measuring: forward, backward and AdamW over all its
/// parameters, on inputs that are made up.
package final class TrainingBenchmark {
    package struct Size: Hashable, Sendable {
        package var clips = 1
        package var frames = 8
        /// Height and width of the latents.
        package var side = 16

        package init() {}
    }

    package let config: ConfigObject
    package let recording: RecordingBackend
    private let size: Size
    private let network: Gen1UNet
    private let objective: DiffusionObjective
    private let optimizer: Optimizer
    private var step = 0

    /// Builds the network with fresh weights.
    ///
    /// - Parameters:
    ///   - size: Of a batch.
    ///   - backend: What computes.
    ///   - segments: Whether blocks run again on the way back instead of being remembered.
    /// - Throws: `WeightError` or `BackendError`.
    package init(_ size: Size, on backend: any DifferentiableBackend, segments: Bool) throws {
        self.size = size
        let fresh = try FreshModel(.small, seed: 0).component(.gen1)
        let config = ConfigObject(fresh.config, label: "config.json")
        self.config = config
        let recording = RecordingBackend(backend, segments: segments)
        self.recording = recording
        let initializer = ParameterInitializer(seed: 0)
        let store = ParameterStore(backend: recording) { initializer($0) }
        network = try recording.loading(component: ComponentKind.gen1.folder) {
            try Gen1UNet(Gen1Config(config), store.root)
        }
        objective = DiffusionObjective(
            schedule: NoiseSchedule(.scaledLinear(start: 0.00085, end: 0.012), timesteps: 1000)
        )
        var settings = TrainingSettings(steps: 1_000_000, learningRate: 1e-4, averageDecay: 0)
        settings.schedule = .constant
        settings.clipNorm = nil
        optimizer = try Optimizer(recording, settings)
    }

    package var parameterCount: Int {
        recording.parameters.map(\.shape.count).reduce(0, +)
    }

    /// Takes a step.
    ///
    /// - Returns: The loss before it.
    /// - Throws: `BackendError` if the device failed.
    package func takeStep() throws -> Double {
        let draw = Draw(seed: 0, step: step)
        let latents = Shape([
            size.clips, size.frames, size.side, size.side, network.config.latentChannels,
        ])
        func normals(_ name: String, _ shape: Shape) -> HostTensor {
            var generator = draw.stream(name)
            return generator.normals(shape)
        }
        let example = objective.example(
            clean: normals("clean", latents),
            noise: normals("noise", latents),
            timestep: 500
        )
        let content = normals("content", [size.clips, network.config.contentChannels])
        let output = try network(
            sample: recording.upload(example.noised),
            structure: recording.upload(normals("structure", latents)),
            structureLevel: [2],
            timesteps: [500],
            content: recording.upload(content),
            mode: .video
        )
        let loss = objective.loss(try output.download(), example)
        try recording.backward([(output, loss.gradient)])
        optimizer.step(step, norm: 0)
        recording.clearGradients()
        try recording.synchronize()
        step += 1
        return loss.value
    }
}
