import Models
import NN
import Tensors
import TestSupport
import Testing

/// Parity with diffusers 0.42.1, element by element.
struct AutoencoderDecoderTests {
    @Test(arguments: ["vae", "vae_variant"], KernelVersion.available)
    func matchesTheReference(_ name: String, _ kernels: KernelVersion) throws {
        let fixture = try NetworkFixture(golden: name)
        let backend = kernels.backend()
        let decoder = try fixture.network(on: backend, unread: "encoder.", "quant_conv.") {
            config,
            weights in
            try AutoencoderDecoder(try AutoencoderConfig(config), weights)
        }
        let image = try decoder(backend.upload(channelsLast(try fixture("in.latent"))))
        #expect(nmse(channelsFirst(try image.download()), try fixture("out.image")) < 1e-10)
    }

    @Test(arguments: [[1, 8, 8, 3], [1, 0, 8, 4], [8, 8, 4]])
    func refusesWhatIsNoLatent(_ shape: [Int]) throws {
        let fixture = try NetworkFixture(golden: "vae")
        let backend = KernelVersion.best.backend()
        let decoder = try fixture.network(on: backend, unread: "encoder.", "quant_conv.") {
            config,
            weights in
            try AutoencoderDecoder(try AutoencoderConfig(config), weights)
        }
        let latent = backend.upload(HostTensor(repeating: 0, Shape(shape)))
        #expect(throws: NetworkInputError.self) { try decoder(latent) }
    }
}
