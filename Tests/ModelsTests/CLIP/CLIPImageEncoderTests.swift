import Models
import NN
import Tensors
import TestSupport
import Testing

/// Parity with transformers 5.23.0, element by element.
struct CLIPImageEncoderTests {
    @Test(arguments: ["clip_vision", "clip_vision_rest"], KernelVersion.available)
    func matchesTheReference(_ name: String, _ kernels: KernelVersion) throws {
        let fixture = try NetworkFixture(golden: name)
        let backend = kernels.backend()
        let encoder = try fixture.network(on: backend) { config, weights in
            try CLIPImageEncoder(CLIPVisionConfig(config), weights)
        }
        let pixels = channelsLast(try fixture("in.pixel_values"))
        let output = try encoder(backend.upload(pixels))
        let embeddings = try output.embeddings.download()
        #expect(nmse(embeddings, try fixture("out.image_embeds")) < 1e-10)
        let states = try output.lastHiddenState.download()
        #expect(nmse(states, try fixture("out.last_hidden_state")) < 1e-10)
    }

    @Test func readsTheImageHalfOfAWholeModel() throws {
        let fixture = try NetworkFixture(golden: "clip_whole")
        let backend = KernelVersion.best.backend()
        let encoder = try fixture.network(
            on: backend,
            unread: "text_model.",
            "text_projection.",
            "logit_scale"
        ) { config, weights in
            try CLIPImageEncoder(CLIPVisionConfig(config), weights)
        }
        let pixels = channelsLast(try fixture("in.pixel_values"))
        let embeddings = try encoder(backend.upload(pixels)).embeddings.download()
        #expect(nmse(embeddings, try fixture("out.image_embeds")) < 1e-10)
    }

    @Test(arguments: [[1, 24, 24, 4], [1, 24, 30, 3], [0, 24, 24, 3], [24, 24, 3]])
    func refusesImagesOfAnotherSize(_ shape: [Int]) throws {
        let fixture = try NetworkFixture(golden: "clip_vision")
        let backend = KernelVersion.best.backend()
        let encoder = try fixture.network(on: backend) { config, weights in
            try CLIPImageEncoder(CLIPVisionConfig(config), weights)
        }
        let pixels = backend.upload(HostTensor(repeating: 0, Shape(shape)))
        let error = #expect(throws: NetworkInputError.self) { try encoder(pixels) }
        #expect(error?.description == "pixel_values: expected [N, 24, 24, 3], found \(shape)")
    }
}
