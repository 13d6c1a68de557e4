import Models
import Tensors
import Testing

struct CLIPVisionConfigTests {
    private func config(_ values: [String: JSONValue]) throws(ConfigError) -> CLIPVisionConfig {
        try CLIPVisionConfig(ConfigObject(values, label: "config.json"))
    }

    @Test func anEmptyFileIsTheClassDefault() throws {
        let config = try config([:])
        #expect(config.channels == 768 && config.heads == 12 && config.layers == 12)
        #expect(config.hidden == 3072 && config.projectionChannels == 512)
        #expect(config.imageSize == 224 && config.patchSize == 32 && config.grid == 7)
        #expect(config.inputChannels == 3)
        #expect(config.activation == .quickGELU && config.epsilon == 1e-5)
    }

    @Test(arguments: [
        ("hidden_act", JSONValue.string("tanh")), ("patch_size", .integer(225)),
        ("num_attention_heads", .integer(5)), ("layer_norm_eps", .integer(2)),
        ("image_size", .array([.integer(224), .integer(224)])),
    ])
    func refusesOtherNetworks(_ key: String, _ value: JSONValue) {
        let error = #expect(throws: ConfigError.self) { try config([key: value]) }
        #expect(error?.description.hasPrefix("config.json: ") == true)
    }
}
