import Models
import NN
import Tensors
import TestSupport
import Testing

/// gen1 grown from the folder of an image UNet.
struct Gen1CreationTests {
    private let folder: TemporaryFolder
    private let fixture: NetworkFixture

    init() throws {
        folder = try TemporaryFolder()
        fixture = try NetworkFixture(golden: "unet_sd15")
    }

    /// Writes the fixture's network as a checkpoint would hold it, half precision and all.
    private func writeImage(
        config: [String: JSONValue]? = nil,
        adding extra: [String: HostTensor] = [:],
        removing name: String? = nil
    ) throws -> CheckpointComponent {
        _ = try folder.write(
            JSONValue.object(config ?? fixture.config).serialized(),
            to: "image/unet/config.json"
        )
        var tensors = extra
        for key in fixture.weights.names where key != name {
            tensors[key] = fixture.weights.tensor(named: key)?.hostTensor()
        }
        try SafetensorsFile.write(
            tensors,
            as: .float16,
            to: folder("image/unet/diffusion_pytorch_model.safetensors")
        )
        return try CheckpointComponent.unet(at: folder("image"))
    }

    @Test func writesALoadableNetworkThatBehavesLikeTheImageOne() throws {
        let image = try writeImage()
        let fresh = try FreshComponent.gen1(fromImage: image, config: nil, seed: 4)
        try fresh.write(to: folder("made"))

        let made = try CheckpointFolder.open(folder("made")).component("unet")
        #expect(try made.kind() == .gen1)
        let config = try Gen1Config(try made.config())
        #expect(config.contentChannels == 48)
        let source = try made.tensors()
        #expect(source.tensor(named: "mid_block.resnets.0.conv1.weight")?.scalarType == .float16)
        let backend = KernelVersion.best.backend()
        let store = ParameterStore(source, backend: backend)
        let network = try Gen1UNet(config, store.root)
        try store.finish()

        let imageStore = ParameterStore(try image.tensors(), backend: backend)
        let imageNetwork = try UNet2D(try UNet2DConfig(try image.config()), imageStore.root)
        let sample = backend.upload(randomTensor([3, 6, 5, 4], seed: 1))
        let content = backend.upload(randomTensor([1, 48], seed: 2))
        let expected = try imageNetwork(
            sample,
            timesteps: [400],
            context: content.reshaped([1, 1, 48])
        ).download()
        let found = try network(
            sample: sample.reshaped([1, 3, 6, 5, 4]),
            structure: backend.upload(randomTensor([1, 3, 6, 5, 4], seed: 3)),
            structureLevel: [2],
            timesteps: [400],
            content: content,
            mode: .video
        ).download()
        #expect(nmse(found.values, expected.values) < 1e-12)
    }

    @Test func startsDoNotDependOnTheOrderAndDependOnTheSeed() throws {
        let image = try writeImage()
        let key = "mid_block.temporal_attentions.0.proj_in.weight"
        func values(_ seed: UInt64) throws -> [Float] {
            let fresh = try FreshComponent.gen1(fromImage: image, config: nil, seed: seed)
            return try #require(fresh.parameters.first { $0.name == key }).floats()
        }
        #expect(try values(1) == values(1))
        #expect(try values(1) != values(2))
        let alone = try FreshComponent(
            .gen1,
            config: ConfigObject(
                try FreshComponent.gen1(fromImage: image, config: nil, seed: 1).config,
                label: "config.json"
            ),
            seed: 1
        )
        let parameter = try #require(alone.parameters.first { $0.name == key })
        #expect(try parameter.floats() == values(1))
    }

    @Test func givenKeysOverrideTheImageNetworks() throws {
        let given = ConfigObject(["max_frames": .integer(9)], label: "given.json")
        let fresh = try FreshComponent.gen1(fromImage: try writeImage(), config: given, seed: 0)
        #expect(fresh.config["max_frames"] == .integer(9))
        let key = "mid_block.temporal_attentions.0.frame_positions.weight"
        #expect(fresh.parameters.first { $0.name == key }?.shape == [9, 64])
    }

    @Test func refusesShapesThatTheImageNetworkHasNot() throws {
        let image = try writeImage()
        let given = ConfigObject(["cross_attention_dim": .integer(64)], label: "given.json")
        #expect(throws: WeightError.self) {
            try FreshComponent.gen1(fromImage: image, config: given, seed: 0)
        }
        let misspelt = ConfigObject(["max_frame": .integer(9)], label: "given.json")
        #expect(throws: ConfigError.self) {
            try FreshComponent.gen1(fromImage: image, config: misspelt, seed: 0)
        }
    }

    @Test func refusesAnIncompleteOrOverfullImageNetwork() throws {
        let partial = try writeImage(removing: "conv_out.bias")
        #expect(throws: WeightError.self) {
            try FreshComponent.gen1(fromImage: partial, config: nil, seed: 0)
        }
        let overfull = try writeImage(adding: ["lora.weight": HostTensor([1], [1])])
        #expect(throws: WeightError.self) {
            try FreshComponent.gen1(fromImage: overfull, config: nil, seed: 0)
        }
    }

    @Test func refusesAnImageNetworkWithOtherInputs() throws {
        var config = fixture.config
        config["in_channels"] = .integer(5)
        let image = try writeImage(config: config)
        #expect(throws: ConfigError.self) {
            try FreshComponent.gen1(fromImage: image, config: nil, seed: 0)
        }
    }

    @Test func overwritesNothing() throws {
        let fresh = try FreshComponent.gen1(fromImage: try writeImage(), config: nil, seed: 0)
        try fresh.write(to: folder("made"))
        #expect(throws: CheckpointError.self) { try fresh.write(to: folder("made")) }
        #expect(throws: CheckpointError.self) { try fresh.write(to: folder("no/such/place")) }
    }
}
