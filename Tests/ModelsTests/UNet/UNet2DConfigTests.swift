import Models
import Tensors
import TestSupport
import Testing

struct UNet2DConfigTests {
    private func config(_ values: [String: JSONValue]) throws(ConfigError) -> UNet2DConfig {
        try UNet2DConfig(ConfigObject(values, label: "config.json"))
    }

    @Test func anEmptyFileIsTheClassDefault() throws {
        let config = try config([:])
        #expect(config.inputChannels == 4)
        #expect(config.outputChannels == 4)
        #expect(config.blocks.map(\.channels) == [320, 640, 1280, 1280])
        #expect(config.blocks.map(\.layers) == [2, 2, 2, 2])
        #expect(config.blocks.map(\.heads) == [8, 8, 8, 8])
        #expect(config.blocks.map(\.hasAttentionDown) == [true, true, true, false])
        #expect(config.blocks.map(\.hasAttentionUp) == [true, true, true, false])
        #expect(config.contextChannels == 1280)
        #expect(config.timeChannels == 1280)
        #expect(config.skipCount == 12)
        #expect(!config.usesLinearProjection)
    }

    @Test func listsMeanOneValueABlock() throws {
        let config = try config([
            "attention_head_dim": .array([.integer(5), .integer(10), .integer(20), .integer(20)]),
            "layers_per_block": .array([.integer(1), .integer(2), .integer(3), .integer(4)]),
            "only_cross_attention": .array([.bool(false), .bool(false)]),
        ])
        #expect(config.blocks.map(\.heads) == [5, 10, 20, 20])
        #expect(config.blocks.map(\.layers) == [1, 2, 3, 4])
        #expect(config.skipCount == 14)
    }

    /// What changes the mathematics and is not computed is named with its value.
    @Test(arguments: [
        ("act_fn", JSONValue.string("gelu")),
        ("mid_block_type", .null),
        ("mid_block_type", .string("UNetMidBlock2D")),
        ("resnet_time_scale_shift", .string("scale_shift")),
        ("class_embed_type", .string("timestep")),
        ("addition_embed_type", .string("text_time")),
        ("encoder_hid_dim", .integer(768)),
        ("time_cond_proj_dim", .integer(256)),
        ("conv_in_kernel", .integer(1)),
        ("only_cross_attention", .array([.bool(false), .bool(true)])),
        ("dual_cross_attention", .bool(true)),
        ("downsample_padding", .integer(2)),
        ("norm_num_groups", .null),
        ("norm_eps", .integer(-1)),
        ("mid_block_scale_factor", .integer(0)),
        ("center_input_sample", .bool(true)),
        ("attention_type", .string("gated")),
        ("attention_head_dim", .integer(321)),
        ("block_out_channels", .array([.integer(320), .integer(640), .integer(1281)])),
        ("cross_attention_dim", .array((0..<4).map { .integer(768 + $0) })),
        ("down_block_types", .array([.string("AttnDownBlock2D")])),
        ("up_block_types", .array((0..<4).map { _ in .string("UpBlock1D") })),
        ("_class_name", .string("UNet3DConditionModel")),
    ])
    func refusesAnotherNetwork(_ key: String, _ value: JSONValue) throws {
        let error = #expect(throws: ConfigError.self) { try config([key: value]) }
        #expect(error?.description.hasPrefix("config.json: \(key): ") == true)
    }

    @Test(arguments: [
        ("in_channels", JSONValue.string("4")),
        ("in_channels", .integer(0)),
        ("in_channels", .integer(1 << 40)),
        ("layers_per_block", .array([.integer(2)])),
        ("attention_head_dim", .array([.integer(1), .integer(1), .integer(1), .integer(0)])),
        ("block_out_channels", .array([])),
        ("block_out_channels", .array([.integer(-32)])),
        ("use_linear_projection", .integer(1)),
        ("norm_eps", .string("small")),
    ])
    func refusesAValueOfTheWrongKind(_ key: String, _ value: JSONValue) throws {
        let error = #expect(throws: ConfigError.self) { try config([key: value]) }
        #expect(error?.description.contains(key) == true)
    }

    @Test func leavesWhatChangesNothingUnread() throws {
        let plain = try config([:])
        let noisy = try config([
            "_diffusers_version": .string("0.42.1"), "sample_size": .integer(64),
            "dropout": .integer(0), "upcast_attention": .bool(true),
            "mid_block_scale_factor": .number(1), "num_class_embeds": .null,
        ])
        #expect(plain == noisy)
    }
}
