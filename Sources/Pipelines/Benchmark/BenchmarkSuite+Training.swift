import Models
import NN
import Tensors

// Steps of training: forward, back, and AdamW over all parameters.
extension BenchmarkSuite {
    static let training: [Benchmark] = [(1, 8, 16), (2, 8, 16)].map { clips, frames, edge in
        let name = "train_step/gen1-small-\(clips)x\(frames)x\(edge)x\(edge)"
        return Benchmark(name: name, bound: .arithmetic, bytes: 0) { backend in
            guard let device = backend as? any DifferentiableBackend else {
                // Of shapes alone: each product has one for its input's gradient and one for its
                // weights', of as many operations.
                let forward = try Gen1Forward(on: backend, clips: clips, frames: frames, edge: edge)
                return {
                    _ = try forward()
                    _ = try forward()
                    return try forward()
                }
            }
            let step = try Gen1Step(on: device, clips: clips, frames: frames, edge: edge)
            return { try step() }
        }
    }
}

/// One run of the small gen1 on made-up latents.
private struct Gen1Forward {
    let network: Gen1UNet
    let sample: Tensor
    let structure: Tensor
    let content: Tensor
    let clips: Int

    init(on backend: any Backend, clips: Int, frames: Int, edge: Int) throws {
        let config = FreshModel(.small, seed: 0).config(.gen1)
        network = try Gen1UNet(Gen1Config(config), BenchmarkInputs.store(on: backend).root)
        let shape: Shape = [clips, frames, edge, edge, 4]
        sample = BenchmarkInputs.tensor(shape, on: backend)
        structure = BenchmarkInputs.tensor(shape, on: backend, seed: 2)
        content = BenchmarkInputs.tensor([clips, 128], on: backend, seed: 3)
        self.clips = clips
    }

    func callAsFunction() throws -> Tensor {
        try network(
            sample: sample,
            structure: structure,
            structureLevel: [Float](repeating: 2, count: clips),
            timesteps: [Float](repeating: 500, count: clips),
            content: content,
            mode: .video
        )
    }
}

/// What a step of training keeps from one to the next.
private final class Gen1Step {
    private let recording: RecordingBackend
    private let forward: Gen1Forward
    private let target: HostTensor
    private let moments: [(mean: Tensor, variance: Tensor)]
    private var count = 0

    init(on device: any DifferentiableBackend, clips: Int, frames: Int, edge: Int) throws {
        let recording = RecordingBackend(device)
        self.recording = recording
        forward = try recording.loading(component: "unet") {
            try Gen1Forward(on: recording, clips: clips, frames: frames, edge: edge)
        }
        let shape = forward.sample.shape
        target = try BenchmarkInputs.tensor(shape, on: device, seed: 4).download()
        moments = recording.parameters.map {
            (device.zeros($0.shape), device.zeros($0.shape))
        }
    }

    /// The squared error's gradient, back through the network, and an update.
    func callAsFunction() throws -> Tensor {
        let found = try forward()
        var gradient = try found.download()
        let scale = 2 / Float(gradient.values.count)
        for index in gradient.values.indices {
            gradient.values[index] = (gradient.values[index] - target.values[index]) * scale
        }
        try recording.backward([(found, gradient)])
        count += 1
        let step = AdamWStep(
            rate: 1e-4,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            weightDecay: 0.01,
            gradientScale: 1,
            number: count
        )
        for (parameter, moments) in zip(recording.parameters, moments) {
            guard let gradient = parameter.gradient else { continue }
            parameter.update { value in
                recording.base.adamW(
                    value: value,
                    gradient: gradient,
                    mean: moments.mean,
                    variance: moments.variance,
                    step
                )
            }
        }
        recording.clearGradients()
        return found
    }
}
