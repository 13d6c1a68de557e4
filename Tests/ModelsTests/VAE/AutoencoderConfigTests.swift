import Models
import Tensors
import Testing

struct AutoencoderConfigTests {
    private func config(_ values: [String: JSONValue]) throws(ConfigError) -> AutoencoderConfig {
        try AutoencoderConfig(ConfigObject(values, label: "config.json"))
    }

    @Test func anEmptyFileIsTheClassDefault() throws {
        let config = try config([:])
        #expect(config.blockChannels == [64])
        #expect(config.layers == 1)
        #expect(config.latentChannels == 4)
        #expect(config.scalingFactor == 0.18215)
        #expect(config.hasQuantConvolution && config.hasPostQuantConvolution)
        #expect(config.hasMiddleAttention)
        #expect(config.patch == 1)
    }

    @Test func otherLatentsThanAGen1sAreRefused() throws {
        let config = try config(["latent_channels": .integer(8)])
        try config.check(latents: 8, path: "model/vae")
        let error = #expect(throws: ConfigError.self) {
            try config.check(latents: 4, path: "model/vae")
        }
        let words = "model/vae: expected the 4 latent channels that the unet has, found 8"
        #expect(error?.description == words)
    }

    @Test(arguments: [
        ("shift_factor", JSONValue.number(0.1159)),
        ("latents_mean", .array([.integer(0)])),
        ("act_fn", .string("relu")),
        ("norm_num_groups", .null),
        ("scaling_factor", .integer(0)),
        ("down_block_types", .array([.string("AttnDownEncoderBlock2D")])),
        ("up_block_types", .array([.string("UpDecoderBlock2D"), .string("UpDecoderBlock2D")])),
        ("block_out_channels", .array([.integer(60)])),
        ("_class_name", .string("AutoencoderKLWan")),
    ])
    func refusesAnotherNetwork(_ key: String, _ value: JSONValue) throws {
        let error = #expect(throws: ConfigError.self) { try config([key: value]) }
        #expect(error?.description.hasPrefix("config.json: \(key): ") == true)
    }
}
