import Models
import Tensors
import Testing

struct CLIPTextConfigTests {
    private func config(_ values: [String: JSONValue]) throws(ConfigError) -> CLIPTextConfig {
        try CLIPTextConfig(ConfigObject(values, label: "config.json"))
    }

    @Test func anEmptyFileIsTheClassDefault() throws {
        let config = try config([:])
        #expect(config.vocabularySize == 49408)
        #expect(config.channels == 512 && config.heads == 8 && config.layers == 12)
        #expect(config.hidden == 2048 && config.positions == 77)
        #expect(config.activation == .quickGELU)
        #expect(config.epsilon == 1e-5)
        #expect(config.projectionChannels == 512 && !config.hasProjection)
        #expect(config.endToken == 49407)
    }

    @Test func aWholeModelProjectsToItsOwnWidth() throws {
        let inner: JSONValue = .object([
            "hidden_size": .integer(64), "projection_dim": .integer(7),
        ])
        let config = try config(["text_config": inner, "projection_dim": .integer(32)])
        #expect(config.channels == 64)
        #expect(config.projectionChannels == 32 && config.hasProjection)
    }

    @Test(arguments: [
        ("hidden_act", JSONValue.string("gelu_new")), ("hidden_size", .integer(0)),
        ("num_attention_heads", .integer(7)), ("layer_norm_eps", .integer(0)),
        ("eos_token_id", .array([.integer(2)])), ("num_hidden_layers", .string("12")),
    ])
    func refusesOtherNetworks(_ key: String, _ value: JSONValue) {
        let error = #expect(throws: ConfigError.self) { try config([key: value]) }
        #expect(error?.description.hasPrefix("config.json: ") == true)
    }
}
