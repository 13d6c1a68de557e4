import Models
import NN
import Tensors
import TestSupport
import Testing

/// Parity with transformers 5.23.0, element by element.
struct CLIPTextEncoderTests {
    private func rows(_ ids: HostTensor) -> [[Int]] {
        (0..<ids.shape[0]).map { row in
            (0..<ids.shape[1]).map { Int(ids.values[row * ids.shape[1] + $0]) }
        }
    }

    private func encoder(
        _ fixture: NetworkFixture,
        on backend: any Backend
    ) throws -> CLIPTextEncoder {
        let store = ParameterStore(fixture.weights, backend: backend)
        let config = ConfigObject(fixture.config, label: "config.json")
        let encoder = try CLIPTextEncoder(CLIPTextConfig(config), store.root)
        try store.finish(ignoring: isUnreadTensorAllowed)
        return encoder
    }

    @Test(
        arguments: ["clip_text_legacy", "clip_text_plain", "clip_text_projection"],
        KernelVersion.available
    )
    func matchesTheReference(_ name: String, _ kernels: KernelVersion) throws {
        let fixture = try NetworkFixture(golden: name)
        let encoder = try encoder(fixture, on: kernels.backend())
        let output = try encoder(rows(try fixture("in.input_ids")))
        let states = try output.lastHiddenState.download()
        #expect(nmse(states, try fixture("out.last_hidden_state")) < 1e-10)
        if let pooled = fixture.optional("out.pooled") {
            #expect(nmse(try output.pooled.download(), pooled) < 1e-10)
            #expect(output.embeddings == nil)
        } else {
            let embeddings = try #require(output.embeddings).download()
            #expect(nmse(embeddings, try fixture("out.text_embeds")) < 1e-10)
        }
    }

    @Test func readsTheTextHalfOfAWholeModel() throws {
        let fixture = try NetworkFixture(golden: "clip_whole")
        let encoder = try fixture.network(
            on: KernelVersion.best.backend(),
            unread: "vision_model.",
            "visual_projection.",
            "logit_scale"
        ) { config, weights in
            try CLIPTextEncoder(CLIPTextConfig(config), weights)
        }
        let output = try encoder(rows(try fixture("in.input_ids")))
        let embeddings = try #require(output.embeddings).download()
        #expect(nmse(embeddings, try fixture("out.text_embeds")) < 1e-10)
    }

    @Test func laterTokensDoNotReachEarlierStates() throws {
        let fixture = try NetworkFixture(golden: "clip_text_plain")
        let encoder = try encoder(fixture, on: KernelVersion.best.backend())
        let short = try encoder([[3, 4, 5]]).lastHiddenState.download()
        let long = try encoder([[3, 4, 5, 6, 7]]).lastHiddenState.download()
        #expect(nmse(Array(long.values.prefix(short.values.count)), short.values) < 1e-12)
    }

    @Test(arguments: [
        ([[1, 61]], "input_ids: expected ids below 61, found 61 in text 0"),
        ([[1, 2], [3, -1]], "input_ids: expected ids below 61, found -1 in text 1"),
        ([[1, 2], [3]], "input_ids: expected 2 tokens in text 1, found 1"),
        ([[]], "input_ids: expected 1 to 19 tokens a text, found 0"),
        ([], "input_ids: expected 1 to 19 tokens a text, found 0"),
        (
            [[Int](repeating: 1, count: 20)],
            "input_ids: expected 1 to 19 tokens a text, found 20"
        ),
    ])
    func refusesWhatIsNoText(_ ids: [[Int]], _ message: String) throws {
        let fixture = try NetworkFixture(golden: "clip_text_plain")
        let encoder = try encoder(fixture, on: KernelVersion.best.backend())
        let error = #expect(throws: NetworkInputError.self) { try encoder(ids) }
        #expect(error?.description == message)
    }

    @Test func aMissingProjectionIsNamed() throws {
        let fixture = try NetworkFixture(golden: "clip_text_plain")
        var config = fixture.config
        config["architectures"] = .array([.string("CLIPTextModelWithProjection")])
        let error = #expect(throws: WeightError.self) {
            let store = ParameterStore(fixture.weights, backend: ShapeBackend())
            let object = ConfigObject(config, label: "config.json")
            return try CLIPTextEncoder(CLIPTextConfig(object), store.root)
        }
        #expect(error?.key == "text_projection.weight")
    }
}
