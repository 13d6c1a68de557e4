import Models
import NN
import Tensors
import TestSupport
import Testing

/// Parity with diffusers 0.42.1, element by element.
struct AutoencoderEncoderTests {
    @Test(arguments: ["vae", "vae_variant"], KernelVersion.available)
    func matchesTheReference(_ name: String, _ kernels: KernelVersion) throws {
        let fixture = try NetworkFixture(golden: name)
        let backend = kernels.backend()
        let encoder = try fixture.network(on: backend, unread: "decoder.", "post_quant_conv.") {
            config,
            weights in
            try AutoencoderEncoder(try AutoencoderConfig(config), weights)
        }
        let posterior = try encoder(backend.upload(channelsLast(try fixture("in.image"))))
        let mean = channelsFirst(try posterior.mean.download())
        let logVariance = channelsFirst(try posterior.logVariance())
        #expect(nmse(mean, try fixture("out.mean")) < 1e-10)
        #expect(nmse(logVariance, try fixture("out.logvar")) < 1e-10)
    }

    @Test func boundsTheLogVariance() throws {
        // Without the 1×1 convolution behind it, the last bias is the log-variance of a dark image.
        let backend = KernelVersion.best.backend()
        let config = try AutoencoderConfig(
            ConfigObject(
                ["use_quant_conv": .bool(false), "latent_channels": .integer(2)],
                label: "config.json"
            )
        )
        let store = ParameterStore(backend: backend) { declaration in
            let biases: [Float] = [50, -50, 50, -50]
            return StoredTensor(name: declaration.key, shape: declaration.shape) {
                declaration.key == "encoder.conv_out.bias"
                    ? biases : [Float](repeating: 0, count: declaration.shape.count)
            }
        }
        let encoder = try AutoencoderEncoder(config, store.root)
        let posterior = try encoder(backend.upload(HostTensor(repeating: 0, [1, 2, 3, 3])))
        let pixels = (0..<12).map { Float($0 % 2 == 0 ? 20 : -30) }
        let found = try posterior.logVariance().values
        #expect(found == pixels)
        #expect(try posterior.mean.download().values.prefix(2) == [50, -50])
    }

    @Test(arguments: [[1, 8, 8, 4], [1, 3, 8, 3], [8, 8, 3], [0, 8, 8, 3]])
    func refusesWhatIsNoImage(_ shape: [Int]) throws {
        let fixture = try NetworkFixture(golden: "vae")
        let backend = KernelVersion.best.backend()
        let encoder = try fixture.network(on: backend, unread: "decoder.", "post_quant_conv.") {
            config,
            weights in
            try AutoencoderEncoder(try AutoencoderConfig(config), weights)
        }
        let image = backend.upload(HostTensor(repeating: 0, Shape(shape)))
        #expect(throws: NetworkInputError.self) { try encoder(image) }
    }
}
