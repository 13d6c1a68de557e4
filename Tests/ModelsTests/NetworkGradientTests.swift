import Models
import NN
import Tensors
import TestSupport
import Testing

/// Gradients of whole networks through `RecordingBackend` against PyTorch's, every element of every
/// parameter and input.
struct NetworkGradientTests {
    /// Kernels, and whether segments are recorded again on the way back.
    static let ways: [(kernels: KernelVersion, segments: Bool)] = KernelVersion.available.flatMap {
        [($0, false), ($0, true)]
    }

    /// A network of a fixture on a backend that records it, and what the loss depends on.
    private final class Recorded {
        let fixture: NetworkFixture
        let backend: RecordingBackend
        private var watched: [(name: String, tensor: Tensor, isImage: Bool)] = []

        init(_ name: String, _ way: (kernels: KernelVersion, segments: Bool)) throws {
            fixture = try NetworkFixture(golden: "Gradients/\(name)")
            backend = RecordingBackend(
                CPUBackend(CPUConfiguration(threads: 2, kernels: way.kernels)),
                segments: way.segments
            )
        }

        /// Builds a network that is not all of the fixture's model.
        func network<Network>(
            unread prefixes: String...,
            build: (ConfigObject, WeightPath) throws -> Network
        ) throws -> Network {
            try backend.loading(component: "network") {
                let store = ParameterStore(fixture.weights, backend: backend)
                let network = try build(
                    ConfigObject(fixture.config, label: "config.json"),
                    store.root
                )
                try store.finish { key in
                    isUnreadTensorAllowed(key) || prefixes.contains { key.hasPrefix($0) }
                }
                return network
            }
        }

        /// An input whose gradient is recorded; pictures and clips are turned channels last.
        func input(_ name: String, isImage: Bool = false) throws -> Tensor {
            let values = try fixture("in.\(name)")
            let tensor = backend.upload(isImage ? channelsLast(values) : values)
            let followed = backend.watch(tensor)
            watched.append((name, followed, isImage))
            return followed
        }

        func seed(_ name: String, of tensor: Tensor, isImage: Bool = false) throws
            -> (tensor: Tensor, gradient: HostTensor)
        {
            let values = try fixture("seed.\(name)")
            let gradient = isImage ? channelsLast(values) : values
            return (tensor, HostTensor(gradient.values, tensor.shape))
        }

        /// Goes back and compares.
        func check(_ seeds: [(tensor: Tensor, gradient: HostTensor)]) throws {
            try backend.backward(seeds)
            var pairs: [(name: String, found: HostTensor?, expected: HostTensor?)] = []
            for parameter in backend.parameters {
                pairs.append(
                    (
                        parameter.key,
                        try parameter.gradient?.download(),
                        fixture.optional("gradient.\(parameter.key)")
                    )
                )
            }
            for input in watched {
                let gradient = try backend.gradient(of: input.tensor)?.download()
                let found = gradient.map { input.isImage ? channelsFirst($0) : $0 }
                pairs.append((input.name, found, try fixture("gradient.in.\(input.name)")))
            }
            compare(pairs)
        }

        /// Over everything together, and each for itself unless it is nothing beside the others.
        private func compare(
            _ pairs: [(name: String, found: HostTensor?, expected: HostTensor?)]
        ) {
            var sums: [(name: String, error: Double, power: Double)] = []
            for pair in pairs {
                guard let shape = (pair.expected ?? pair.found)?.shape else { continue }
                let zeros = HostTensor(repeating: 0, shape)
                let (found, expected) = (pair.found ?? zeros, pair.expected ?? zeros)
                #expect(found.shape == expected.shape, "\(pair.name)")
                guard found.shape == expected.shape else { continue }
                let power = expected.values.reduce(0.0) { $0 + Double($1) * Double($1) }
                let error = zip(found.values, expected.values).reduce(0.0) {
                    $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1))
                }
                sums.append((pair.name, error, power))
            }
            let total = sums.reduce(0) { $0 + $1.power }
            let error = sums.reduce(0) { $0 + $1.error }
            #expect(total > 0 && error <= 1e-9 * total, "all: \(error / total)")
            for sum in sums {
                #expect(
                    sum.error <= 1e-6 * sum.power + 1e-12 * total,
                    "\(sum.name): \(sum.error / sum.power) of \(sum.power / total)"
                )
            }
        }
    }

    /// Every gradient of the fixture belongs to a parameter that the network declared.
    private func expectWhole(_ recorded: Recorded) {
        let keys = Set(recorded.backend.parameters.map(\.key))
        let missing = recorded.fixture.weights.names.filter {
            !keys.contains($0) && recorded.fixture.optional("gradient.\($0)") != nil
        }
        #expect(missing.isEmpty)
    }

    @Test(arguments: ["unet", "unet_linear"], ways)
    func `an image UNet`(
        _ name: String,
        _ way: (kernels: KernelVersion, segments: Bool)
    ) throws {
        let recorded = try Recorded(name, way)
        let network = try recorded.network { try UNet2D(UNet2DConfig($0), $1) }
        let found = try network(
            recorded.input("sample", isImage: true),
            timesteps: recorded.fixture("in.timestep").values,
            context: recorded.input("encoder_hidden_states")
        )
        try recorded.check([recorded.seed("sample", of: found, isImage: true)])
        expectWhole(recorded)
    }

    @Test(arguments: ways)
    func gen1(_ way: (kernels: KernelVersion, segments: Bool)) throws {
        let recorded = try Recorded("gen1", way)
        let network = try recorded.network { try Gen1UNet(Gen1Config($0), $1) }
        let found = try network(
            sample: recorded.input("sample", isImage: true),
            structure: recorded.input("structure", isImage: true),
            structureLevel: recorded.fixture("in.structure_level").values,
            timesteps: recorded.fixture("in.timestep").values,
            content: recorded.input("content"),
            mode: .video
        )
        try recorded.check([recorded.seed("v", of: found, isImage: true)])
        expectWhole(recorded)
    }

    @Test func `in images gen1's temporal layers receive no gradient`() throws {
        let recorded = try Recorded("gen1", (.best, false))
        let network = try recorded.network { try Gen1UNet(Gen1Config($0), $1) }
        let found = try network(
            sample: recorded.input("sample", isImage: true),
            structure: recorded.input("structure", isImage: true),
            structureLevel: recorded.fixture("in.structure_level").values,
            timesteps: recorded.fixture("in.timestep").values,
            content: recorded.input("content"),
            mode: .image
        )
        try recorded.backend.backward([recorded.seed("v", of: found, isImage: true)])
        let (temporal, others) = (
            recorded.backend.parameters.filter { $0.key.contains("temporal") },
            recorded.backend.parameters.filter { $0.key.hasPrefix("conv_") }
        )
        #expect(!temporal.isEmpty && temporal.allSatisfy { $0.gradient == nil })
        #expect(!others.isEmpty && others.allSatisfy { $0.gradient != nil })
    }

    @Test(arguments: ways)
    func `the autoencoder`(_ way: (kernels: KernelVersion, segments: Bool)) throws {
        let recorded = try Recorded("vae", way)
        let encoder = try recorded.network(unread: "decoder.", "post_quant_conv.") {
            try AutoencoderEncoder(AutoencoderConfig($0), $1)
        }
        let decoder = try recorded.network(unread: "encoder.", "quant_conv.") {
            try AutoencoderDecoder(AutoencoderConfig($0), $1)
        }
        let latents = try encoder(recorded.input("image", isImage: true))
        let image = try decoder(recorded.input("latent", isImage: true))
        try recorded.check([
            recorded.seed("mean", of: latents.mean, isImage: true),
            recorded.seed("logvar", of: latents.unboundedLogVariance, isImage: true),
            recorded.seed("image", of: image, isImage: true),
        ])
        expectWhole(recorded)
    }

    @Test(arguments: ways)
    func `the text encoder`(_ way: (kernels: KernelVersion, segments: Bool)) throws {
        let recorded = try Recorded("clip_text", way)
        let encoder = try recorded.network { try CLIPTextEncoder(CLIPTextConfig($0), $1) }
        let ids = try recorded.fixture("in.input_ids")
        let rows = (0..<ids.shape[0]).map { row in
            (0..<ids.shape[1]).map { Int(ids.values[row * ids.shape[1] + $0]) }
        }
        let output = try encoder(rows)
        try recorded.check([
            recorded.seed("text_embeds", of: #require(output.embeddings)),
            recorded.seed("last_hidden_state", of: output.lastHiddenState),
        ])
        expectWhole(recorded)
    }

    @Test(arguments: ways)
    func `the image encoder`(_ way: (kernels: KernelVersion, segments: Bool)) throws {
        let recorded = try Recorded("clip_vision", way)
        let encoder = try recorded.network { try CLIPImageEncoder(CLIPVisionConfig($0), $1) }
        let output = try encoder(recorded.input("pixel_values", isImage: true))
        try recorded.check([recorded.seed("image_embeds", of: output.embeddings)])
        expectWhole(recorded)
    }

    @Test(arguments: ways)
    func `the depth estimator`(_ way: (kernels: KernelVersion, segments: Bool)) throws {
        let recorded = try Recorded("dpt", way)
        let estimator = try recorded.network { try DepthEstimator(DPTConfig($0), $1) }
        let depth = try estimator(recorded.input("pixel_values", isImage: true))
        try recorded.check([recorded.seed("predicted_depth", of: depth)])
        expectWhole(recorded)
    }

    @Test(arguments: ways)
    func `the prior`(_ way: (kernels: KernelVersion, segments: Bool)) throws {
        let recorded = try Recorded("prior", way)
        let prior = try recorded.network { try PriorTransformer(PriorConfig($0), $1) }
        let mask = try recorded.fixture("in.text_mask")
        let found = try prior(
            recorded.input("noisy_embedding"),
            timesteps: recorded.fixture("in.timestep").values,
            PriorTransformer.Conditioning(
                textEmbedding: recorded.input("text_embedding"),
                textStates: recorded.input("text_states"),
                textMask: (0..<mask.shape[0]).map { row in
                    (0..<mask.shape[1]).map { mask.values[row * mask.shape[1] + $0] != 0 }
                }
            )
        )
        try recorded.check([recorded.seed("predicted_embedding", of: found)])
        expectWhole(recorded)
    }
}
