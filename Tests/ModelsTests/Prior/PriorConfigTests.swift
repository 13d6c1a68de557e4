import Models
import Tensors
import Testing

struct PriorConfigTests {
    private func config(_ values: [String: JSONValue]) throws(ConfigError) -> PriorConfig {
        try PriorConfig(ConfigObject(values, label: "config.json"))
    }

    @Test func anEmptyFileIsTheClassDefault() throws {
        let config = try config([:])
        #expect(config.heads == 32 && config.headWidth == 64 && config.channels == 2048)
        #expect(config.layers == 20 && config.textTokens == 77 && config.tokens == 81)
        #expect(config.embeddingChannels == 768 && config.textEmbeddingChannels == 768)
        #expect(config.outputChannels == 768 && config.timeChannels == 2048)
    }

    @Test(arguments: [
        ("additional_embeddings", JSONValue.integer(3)), ("time_embed_act_fn", .string("gelu")),
        ("encoder_hid_proj_type", .null), ("added_emb_type", .null),
        ("norm_in_type", .string("layer")), ("embedding_proj_norm_type", .string("layer")),
        ("num_layers", .integer(0)),
    ])
    func refusesOtherVariants(_ key: String, _ value: JSONValue) {
        let error = #expect(throws: ConfigError.self) { try config([key: value]) }
        #expect(error?.description.hasPrefix("config.json: \(key): ") == true)
    }
}
