import Glibc
import Models
import NN
import Tensors
import TestSupport
import Testing

struct Gen1UNetTests {
    private struct Inputs {
        let sample: Tensor
        let structure: Tensor
        let levels: [Float]
        let timesteps: [Float]
        let content: Tensor?
    }

    private func gen1(_ fixture: NetworkFixture, on backend: any Backend) throws -> Gen1UNet {
        try fixture.network(on: backend) { config, weights in
            try Gen1UNet(try Gen1Config(config), weights)
        }
    }

    /// A network as `weft model create` makes it.
    private func fresh(_ fixture: NetworkFixture, on backend: any Backend) throws -> Gen1UNet {
        let initializer = ParameterInitializer(seed: 11)
        let store = ParameterStore(backend: backend) { initializer($0) }
        let config = try Gen1Config(ConfigObject(fixture.config, label: "config.json"))
        return try Gen1UNet(config, store.root)
    }

    private func inputs(_ fixture: NetworkFixture, on backend: any Backend) throws -> Inputs {
        Inputs(
            sample: backend.upload(channelsLast(try fixture("in.sample"))),
            structure: backend.upload(channelsLast(try fixture("in.structure"))),
            levels: try fixture("in.structure_level").values,
            timesteps: try fixture("in.timestep").values,
            content: backend.upload(try fixture("in.content"))
        )
    }

    private func run(
        _ network: Gen1UNet,
        _ inputs: Inputs,
        _ mode: Gen1UNet.Mode,
        hasContent: Bool = true
    ) throws -> HostTensor {
        try network(
            sample: inputs.sample,
            structure: inputs.structure,
            structureLevel: inputs.levels,
            timesteps: inputs.timesteps,
            content: hasContent ? inputs.content : nil,
            mode: mode
        ).download()
    }

    /// The reference is diffusers' image UNet with the temporal layers written out in PyTorch.
    @Test(arguments: KernelVersion.available)
    func matchesTheReference(_ kernels: KernelVersion) throws {
        let fixture = try NetworkFixture(golden: "gen1")
        let backend = kernels.backend()
        let network = try gen1(fixture, on: backend)
        let inputs = try inputs(fixture, on: backend)
        let video = channelsFirst(try run(network, inputs, .video))
        let image = channelsFirst(try run(network, inputs, .image))
        let null = channelsFirst(try run(network, inputs, .video, hasContent: false))
        #expect(nmse(video, try fixture("out.video")) < 1e-10)
        #expect(nmse(image, try fixture("out.image")) < 1e-10)
        #expect(nmse(null, try fixture("out.null")) < 1e-10)
    }

    @Test(arguments: KernelVersion.available)
    func freshTemporalLayersChangeNoBit(_ kernels: KernelVersion) throws {
        let fixture = try NetworkFixture(golden: "gen1")
        let backend = kernels.backend()
        let network = try fresh(fixture, on: backend)
        let inputs = try inputs(fixture, on: backend)
        let video = try run(network, inputs, .video)
        let image = try run(network, inputs, .image)
        #expect(video.values.map(\.bitPattern) == image.values.map(\.bitPattern))
        #expect(video.values.contains { $0 != 0 })
    }

    @Test(arguments: KernelVersion.available)
    func imageModeIsEachFrameAlone(_ kernels: KernelVersion) throws {
        let fixture = try NetworkFixture(golden: "gen1")
        let backend = kernels.backend()
        let network = try gen1(fixture, on: backend)
        let inputs = try inputs(fixture, on: backend)
        let content = try #require(inputs.content)
        let together = try run(network, inputs, .image)
        let (clips, frames, height, width) = try #require(inputs.sample.shape.video)
        let images = backend.upload(together).reshaped([clips * frames, height, width, 4])
        let single = Shape([1, 1, height, width, 4])
        let flat = Shape([clips * frames, height, width, 4])
        for index in 0..<clips * frames {
            let clip = index / frames
            let frame = { (video: Tensor) in
                video.reshaped(flat).outer(index..<index + 1).reshaped(single)
            }
            let alone = try network(
                sample: frame(inputs.sample),
                structure: frame(inputs.structure),
                structureLevel: [inputs.levels[clip]],
                timesteps: [inputs.timesteps[clip]],
                content: content.outer(clip..<clip + 1),
                mode: .image
            ).reshaped([1, height, width, 4])
            let found = try images.outer(index..<index + 1).download()
            #expect(nmse(found, try alone.download()) < 1e-11)
        }
    }

    /// A UNet trained on images, put under gen1 with new inputs whose kernels are zero.
    @Test(arguments: KernelVersion.available)
    func imageModeIsTheImageNetwork(_ kernels: KernelVersion) throws {
        let fixture = try NetworkFixture(golden: "gen1")
        let backend = kernels.backend()
        var shapes = fixture.weights.shapes.filter { !$0.key.contains("temporal") }
        shapes["conv_in.weight"] = [32, 4, 3, 3]
        let imageWeights = KeyedWeights(shapes)
        var values = fixture.config
        values["_class_name"] = nil
        values["in_channels"] = nil
        let store = ParameterStore(imageWeights, backend: backend)
        let image = try UNet2D(
            try UNet2DConfig(ConfigObject(values, label: "config.json")),
            store.root
        )
        try store.finish()
        let widened = ParameterStore(backend: backend) { declaration in
            guard let kernel = imageWeights.tensor(named: declaration.key) else {
                return ParameterInitializer(seed: 5)(declaration)
            }
            return declaration.key == "conv_in.weight" ? widenedInputs(kernel, to: 12) : kernel
        }
        let network = try Gen1UNet(
            try Gen1Config(ConfigObject(fixture.config, label: "config.json")),
            widened.root
        )
        let inputs = try inputs(fixture, on: backend)
        let content = try #require(inputs.content)
        let (clips, frames, height, width) = try #require(inputs.sample.shape.video)
        let found = try run(network, inputs, .image)
        let expected = try image(
            inputs.sample.reshaped([clips * frames, height, width, 4]),
            timesteps: inputs.timesteps.flatMap { repeatElement($0, count: frames) },
            context: backend.gather(
                content,
                (0..<clips).flatMap { repeatElement($0, count: frames) }
            ).reshaped([clips * frames, 1, content.shape[1]])
        )
        let reference = try expected.download().reshaped(found.shape)
        #expect(nmse(found, reference) < 1e-12)
        #expect(nmse(try run(network, inputs, .video), reference) < 1e-12)
    }

    @Test func namesTheTensorThatDoesNotFit() throws {
        let fixture = try NetworkFixture(golden: "gen1")
        let backend = KernelVersion.best.backend()
        let network = try fresh(fixture, on: backend)
        let zeros = { (shape: Shape) in backend.upload(HostTensor(repeating: 0, shape)) }
        func refusal(
            frames: Int = 2,
            structure: Shape? = nil,
            levels: [Float] = [0],
            timesteps: [Float] = [1],
            content: Shape? = nil,
            mode: Gen1UNet.Mode = .video
        ) throws -> String? {
            do {
                _ = try network(
                    sample: zeros([1, frames, 2, 2, 4]),
                    structure: zeros(structure ?? [1, frames, 2, 2, 4]),
                    structureLevel: levels,
                    timesteps: timesteps,
                    content: content.map(zeros),
                    mode: mode
                )
                return nil
            } catch {
                return error.description
            }
        }
        #expect(try refusal() == nil)
        #expect(try refusal(frames: 6) == nil)
        let tooLong = try refusal(frames: 7)
        #expect(tooLong?.contains("7 frames") == true)
        #expect(tooLong?.contains("positions for 6") == true)
        #expect(try refusal(frames: 7, mode: .image) == nil)
        #expect(try refusal(frames: 0)?.hasPrefix("sample:") == true)
        #expect(try refusal(structure: [1, 2, 2, 3, 4])?.hasPrefix("structure:") == true)
        #expect(try refusal(levels: [0, 1])?.hasPrefix("structure_level:") == true)
        #expect(try refusal(levels: [.nan])?.hasPrefix("structure_level:") == true)
        #expect(try refusal(timesteps: [])?.hasPrefix("timestep:") == true)
        #expect(try refusal(content: [1, 23])?.hasPrefix("content:") == true)
        #expect(try refusal(content: [2, 24])?.hasPrefix("content:") == true)
    }

    @Test func levelsStandApart() {
        let levels = (0...7).map(Float.init)
        let embedding = Gen1UNet.levelEmbedding(levels)
        #expect(embedding.shape == [8, 4])
        #expect(Array(embedding.values.prefix(4)) == [1, 1, 0, 0])
        for a in 0..<8 {
            for b in 0..<a {
                let distance = (0..<4).reduce(Float(0)) { sum, channel in
                    let difference =
                        embedding.values[4 * a + channel] - embedding.values[4 * b + channel]
                    return sum + difference * difference
                }
                #expect(distance.squareRoot() > 0.7)
            }
        }
    }
}

/// Kernels `[outputs, inputs, kh, kw]` for more inputs, those added being zero.
private func widenedInputs(_ kernel: StoredTensor, to inputs: Int) -> StoredTensor {
    let shape = kernel.shape
    return StoredTensor(name: kernel.name, shape: [shape[0], inputs, shape[2], shape[3]]) {
        let values = kernel.floats()
        let row = shape[1] * shape[2] * shape[3]
        let zeros = [Float](repeating: 0, count: (inputs - shape[1]) * shape[2] * shape[3])
        return (0..<shape[0]).flatMap { values[$0 * row..<($0 + 1) * row] + zeros }
    }
}

extension Shape {
    fileprivate var video: (Int, Int, Int, Int)? {
        rank == 5 ? (self[0], self[1], self[2], self[3]) : nil
    }
}
