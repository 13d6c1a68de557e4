import Models
import NN
import Tensors
import TestSupport
import Testing

/// A tiny model's autoencoder and video network, with four latent channels and with more.
struct ModelWideningTests {
    private let folder: TemporaryFolder
    private let backend = KernelVersion.best.backend()

    init() throws { folder = try TemporaryFolder() }

    /// Writes the two networks, perhaps with other configs.
    private func model(
        vae: [String: JSONValue] = [:],
        unet: [String: JSONValue] = [:],
        seed: UInt64 = 5
    ) throws -> CheckpointFolder {
        let fresh = FreshModel(.tiny, seed: seed)
        for (kind, keys) in [(ComponentKind.vae, vae), (.gen1, unet)] {
            let component = try fresh.component(kind)
            let config = ConfigObject(component.config.merging(keys) { $1 }, label: "config.json")
            let isChanged = !keys.isEmpty
            try (isChanged ? FreshComponent(kind, config: config, seed: seed) : component)
                .write(to: folder("model"))
        }
        return try CheckpointFolder.open(folder("model"))
    }

    private func widened(
        _ source: CheckpointFolder,
        to channels: Int,
        seed: UInt64 = 1
    ) throws -> CheckpointFolder {
        let place = folder("widened-\(channels)-\(seed)")
        let widening = try ModelWidening(source, to: channels, seed: seed)
        _ = try widening.packer.write(to: place) { _ in }
        return try CheckpointFolder.open(place)
    }

    private func encoder(_ model: CheckpointFolder) throws -> AutoencoderEncoder {
        try autoencoder(model).0
    }

    private func autoencoder(
        _ model: CheckpointFolder
    ) throws -> (AutoencoderEncoder, AutoencoderDecoder) {
        try model.component("vae").load(on: backend) { config, weights in
            let config = try AutoencoderConfig(config)
            return (
                try AutoencoderEncoder(config, weights), try AutoencoderDecoder(config, weights)
            )
        }
    }

    /// Some channels of the last axis.
    private func channels(_ range: Range<Int>, of tensor: HostTensor) -> [Float] {
        let width = tensor.shape[-1]
        return stride(from: 0, to: tensor.shape.count, by: width).flatMap { start in
            tensor.values[start + range.lowerBound..<start + range.upperBound]
        }
    }

    private func meanSquare(_ values: [Float]) -> Double {
        values.reduce(0) { $0 + Double($1) * Double($1) } / Double(values.count)
    }

    @Test(arguments: [5, 8, 13], [true, false])
    func `the autoencoder finds and shows what it did`(channels wide: Int, quant: Bool) throws {
        let source = try model(
            vae: ["use_quant_conv": .bool(quant), "use_post_quant_conv": .bool(quant)]
        )
        let old = try autoencoder(source)
        let new = try autoencoder(try widened(source, to: wide))
        #expect(new.0.config.latentChannels == wide)
        let image = backend.upload(randomTensor([2, 32, 24, 3], seed: 2, scale: 0.5))
        let (before, after) = (try old.0(image), try new.0(image))

        let (oldMean, mean) = (try before.mean.download(), try after.mean.download())
        #expect(channels(0..<4, of: mean) == oldMean.values)
        // Other things than the old channels, and of about their size.
        let ratio = meanSquare(channels(4..<wide, of: mean)) / meanSquare(oldMean.values)
        #expect((0.05..<20).contains(ratio), "\(ratio)")

        let (oldSpread, spread) = (try before.logVariance(), try after.logVariance())
        for channel in 0..<wide {
            let copied = channel % 4
            #expect(
                channels(channel..<channel + 1, of: spread)
                    == channels(copied..<copied + 1, of: oldSpread)
            )
        }
        // Whatever is in the new channels, nobody looks.
        let picture = try old.1(before.mean).download()
        #expect(try new.1(after.mean).download().values == picture.values)
        #expect(meanSquare(picture.values) > 0)
    }

    @Test(arguments: [5, 8, 13])
    func `the video network predicts what it did, and nothing for the rest`(wide: Int) throws {
        let source = try model()
        func network(_ model: CheckpointFolder) throws -> Gen1UNet {
            try model.component("unet").load(on: backend) { try Gen1UNet(Gen1Config($0), $1) }
        }
        let (old, new) = (try network(source), try network(try widened(source, to: wide)))
        let extent = [2, 3, 8, 6]
        let (noisy, depth) = (
            randomTensor(Shape(extent + [4]), seed: 3), randomTensor(Shape(extent + [4]), seed: 4)
        )
        func extended(_ tensor: HostTensor, seed: UInt64) -> HostTensor {
            let more = randomTensor(Shape(extent + [wide - 4]), seed: seed, scale: 3)
            var values: [Float] = []
            for pixel in 0..<more.shape.count / (wide - 4) {
                values += tensor.values[4 * pixel..<4 * pixel + 4]
                values += more.values[(wide - 4) * pixel..<(wide - 4) * (pixel + 1)]
            }
            return HostTensor(values, Shape(extent + [wide]))
        }
        func predicted(
            _ network: Gen1UNet,
            _ sample: HostTensor,
            _ structure: HostTensor,
            _ mode: Gen1UNet.Mode
        ) throws -> HostTensor {
            try network(
                sample: backend.upload(sample),
                structure: backend.upload(structure),
                structureLevel: [2, 5],
                timesteps: [400, 31],
                content: backend.upload(randomTensor([1, 32], seed: 7)),
                mode: mode
            ).download()
        }
        for mode in [Gen1UNet.Mode.video, .image] {
            let expected = try predicted(old, noisy, depth, mode)
            let found = try predicted(
                new,
                extended(noisy, seed: 5),
                extended(depth, seed: 6),
                mode
            )
            #expect(channels(0..<4, of: found) == expected.values)
            #expect(channels(4..<wide, of: found).allSatisfy { $0 == 0 })
            #expect(meanSquare(expected.values) > 0)
        }
    }

    @Test func `new kernels are as large as the old ones and depend on the seed`() throws {
        let source = try model()
        func kernels(_ model: CheckpointFolder) throws -> [Float] {
            let weights = try model.component("vae").tensors()
            return try #require(weights.tensor(named: "encoder.conv_out.weight")).floats()
        }
        let first = try kernels(try widened(source, to: 8))
        let second = try kernels(try widened(source, to: 8, seed: 2))
        // Rows of 8 channels and 9 taps: 4 old means, 4 new ones, 8 log-variances.
        let (old, new) = (Array(first[..<288]), Array(first[288..<576]))
        #expect(abs(meanSquare(new) / meanSquare(old) - 1) < 1e-6)
        #expect(Set(new).count == 288)
        #expect(try old == Array(kernels(source)[..<288]))
        #expect(first[..<288] == second[..<288] && first[576...] == second[576...])
        #expect(zip(new, second[288..<576]).allSatisfy { $0 != $1 })
        let again = try ModelWidening(source, to: 8, seed: 2).networks[0].parameters
        #expect(again.first { $0.name == "encoder.conv_out.weight" }?.floats() == second)
    }

    @Test func `all else is carried along, halves as halves`() throws {
        _ = try FreshModel(.tiny, seed: 5).write(to: folder("model"))
        _ = try folder.write("about it", to: "model/README.md")
        _ = try folder.write("state", to: "model/training.safetensors")
        var packer = ModelPacker(try .open(folder("model")))
        packer.additions["_weft_defaults"] = .object(["steps": .integer(25)])
        _ = try packer.write(to: folder("packed")) { _ in }
        let source = try CheckpointFolder.open(folder("packed"))
        let copy = try widened(source, to: 6)

        #expect(copy.index.values == source.index.values)
        #expect(try SystemFile.names(in: copy.path) == SystemFile.names(in: source.path))
        for (old, new) in zip(source.components, copy.components) {
            #expect(try SystemFile.names(in: old.path) == SystemFile.names(in: new.path))
            let isWidened = ["unet", "vae"].contains(old.name)
            for name in try SystemFile.names(in: old.path) where !isWidened {
                #expect(
                    try SystemFile.read("\(old.path)/\(name)", limit: 1 << 24)
                        == SystemFile.read("\(new.path)/\(name)", limit: 1 << 24)
                )
            }
            guard isWidened else { continue }
            let changed: [String: JSONValue] =
                old.name == "vae"
                ? ["latent_channels": .integer(6)]
                : ["in_channels": .integer(16), "out_channels": .integer(6)]
            #expect(
                try new.config().values == old.config().values.merging(changed) { $1 }
            )
            let weights = try new.tensors()
            #expect(try weights.names == old.tensors().names)
            #expect(weights.names.allSatisfy { weights.tensor(named: $0)?.scalarType == .float16 })
        }
        let checks = copy.check { _ in }
        for check in checks {
            if case .failed(let error) = check.outcome { Issue.record("\(check.name): \(error)") }
        }
        let latents = randomTensor([1, 4, 4, 6], seed: 8)
        let narrow = HostTensor(channels(0..<4, of: latents), [1, 4, 4, 4])
        #expect(
            try autoencoder(copy).1(backend.upload(latents)).download().values
                == autoencoder(source).1(backend.upload(narrow)).download().values
        )
    }

    @Test func `a model can be widened twice`() throws {
        let source = try model()
        let image = backend.upload(randomTensor([1, 16, 16, 3], seed: 9))
        let twice = try widened(try widened(source, to: 5), to: 7)
        let mean = try encoder(twice)(image).mean.download()
        #expect(try channels(0..<4, of: mean) == encoder(source)(image).mean.download().values)
    }

    @Test(arguments: [-1, 0, 3, 4, 257])
    func `other numbers of channels are refused`(channels: Int) throws {
        let source = try model()
        let error = #expect(throws: WideningError.self) {
            try ModelWidening(source, to: channels, seed: 0)
        }
        #expect(
            error?.description == "expected more latent channels than the 4 of \(source.path), at "
                + "most 256, found \(channels)"
        )
    }

    @Test func `a model without the parts is refused`() throws {
        for kind in [ComponentKind.vae, .gen1] {
            let place = folder("only-\(kind)")
            try FreshModel(.tiny, seed: 1).component(kind).write(to: place)
            let missing = kind == .vae ? "unet" : "vae"
            #expect(throws: CheckpointError(.noFile(missing), path: place)) {
                try ModelWidening(.open(place), to: 8, seed: 0)
            }
        }
    }

    @Test func `an image network in the place of gen1's is refused`() throws {
        let place = folder("image")
        try FreshModel(.tiny, seed: 1).component(.vae).write(to: place)
        let config = ConfigObject(SmallComponent.config(.unet2d), label: "config.json")
        try FreshComponent(.unet2d, config: config, seed: 0).write(to: place)
        let error = #expect(throws: ConfigError.self) {
            try ModelWidening(.open(place), to: 8, seed: 0)
        }
        #expect(
            error?.description == "\(place)/unet: expected the class WeftGen1UNet, found "
                + "\"UNet2DConditionModel\""
        )
    }

    @Test func `networks of different latents are refused`() throws {
        let source = try model(vae: ["latent_channels": .integer(3)])
        let error = #expect(throws: ConfigError.self) {
            try ModelWidening(source, to: 8, seed: 0)
        }
        let words = "/vae: expected the 4 latent channels that the unet has, found 3"
        #expect(error?.description.hasSuffix(words) == true)
    }

    @Test func `damaged weights are refused before anything is written`() throws {
        let source = try model()
        let path = folder("model/vae/diffusion_pytorch_model.safetensors")
        var tensors = try SmallComponent.tensors(path)
        tensors["quant_conv.bias"] = HostTensor(repeating: 0, [7])
        try SafetensorsFile.write(tensors, to: path)
        #expect(throws: WeightError.self) { try ModelWidening(source, to: 8, seed: 0) }

        tensors["quant_conv.bias"] = HostTensor([0, 1, .nan, 0, 0, 0, 0, 0], [8])
        try SafetensorsFile.write(tensors, to: path)
        let widening = try ModelWidening(source, to: 8, seed: 0)
        let error = CheckpointError(
            .notFinite(tensor: "quant_conv.bias", index: 2, value: "nan"),
            path: path
        )
        #expect(throws: error) { try widening.packer.write(to: folder("wide")) { _ in } }
        #expect(try SystemFile.names(in: folder.path) == ["model"])
    }
}
