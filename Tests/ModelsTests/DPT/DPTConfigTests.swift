import Models
import Tensors
import Testing

struct DPTConfigTests {
    private func config(_ values: [String: JSONValue]) throws(ConfigError) -> DPTConfig {
        try DPTConfig(ConfigObject(values, label: "config.json"))
    }

    @Test func anEmptyFileIsTheClassDefault() throws {
        let config = try config([:])
        #expect(config.channels == 768 && config.heads == 12 && config.layers == 12)
        #expect(config.hidden == 3072 && config.activation == .gelu)
        #expect(config.epsilon == 1e-12 && config.hasProjectionBias)
        #expect(config.imageSize == 384 && config.patchSize == 16 && config.grid == 24)
        #expect(config.taps == [2, 5, 8, 11])
        #expect(config.neckChannels == [96, 192, 384, 768] && config.fusionChannels == 256)
        #expect(
            config.scales
                == [.enlarged(by: 4), .enlarged(by: 2), .enlarged(by: 1), .reduced(by: 2)]
        )
        #expect(config.readout == .project && config.hasFusionBias)
    }

    @Test(arguments: [
        ("is_hybrid", JSONValue.bool(true)), ("readout_type", .string("mean")),
        ("use_batch_norm_in_fusion_residual", .bool(true)), ("add_projection", .bool(true)),
        ("backbone_config", .object([:])), ("backbone", .string("dinov2")),
        ("head_in_index", .integer(0)),
        ("reassemble_factors", .array([.integer(4), .integer(2), .integer(1), .number(0.7)])),
        ("reassemble_factors", .array([.integer(4)])),
        ("neck_hidden_sizes", .array([.integer(1), .integer(2)])),
        ("neck_hidden_sizes", .array([.integer(1), .integer(2), .integer(0), .integer(4)])),
        ("backbone_out_indices", .array([])),
        ("backbone_out_indices", .array([.integer(2), .integer(5), .integer(8), .integer(12)])),
        ("backbone_out_indices", .array([.integer(2), .integer(5), .integer(5), .integer(8)])),
        ("patch_size", .integer(400)), ("fusion_hidden_size", .integer(31)),
    ])
    func refusesOtherLayouts(_ key: String, _ value: JSONValue) {
        let error = #expect(throws: ConfigError.self) { try config([key: value]) }
        #expect(error?.description.hasPrefix("config.json: ") == true)
    }
}
