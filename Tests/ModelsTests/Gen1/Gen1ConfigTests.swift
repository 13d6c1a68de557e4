import Models
import Tensors
import Testing

struct Gen1ConfigTests {
    private func config(_ values: [String: JSONValue]) throws(ConfigError) -> Gen1Config {
        try Gen1Config(ConfigObject(values, label: "config.json"))
    }

    @Test func anEmptyFileIsTheFullSize() throws {
        let config = try config(["_class_name": .string("WeftGen1UNet")])
        #expect(config.image.inputChannels == 12)
        #expect(config.image.outputChannels == 4)
        #expect(config.contentChannels == 768)
        #expect(config.maxFrames == 16)
        #expect(config.temporalKernelSize == 3)
        #expect(config.image.blocks.map(\.channels) == [320, 640, 1280, 1280])
    }

    @Test func latentsHaveAsManyChannelsAsComeOut() throws {
        let config = try config([
            "_class_name": .string("WeftGen1UNet"), "out_channels": .integer(8),
        ])
        #expect(config.latentChannels == 8)
        #expect(config.image.inputChannels == 20)
        let small = ConfigObject(["out_channels": .integer(3)], label: "config.json")
        let fresh = try FreshComponent(.gen1, config: small, seed: 0)
        #expect(fresh.config["in_channels"] == .integer(10))
    }

    @Test(arguments: [
        ("in_channels", JSONValue.integer(4)),
        ("in_channels", .integer(20)),
        ("out_channels", .integer(0)),
        ("out_channels", .integer(257)),
        ("max_frames", .integer(0)),
        ("max_frames", .integer(5000)),
        ("temporal_kernel_size", .integer(2)),
        ("temporal_kernel_size", .integer(33)),
        ("act_fn", .string("gelu")),
        ("_class_name", .string("UNet2DConditionModel")),
        ("max_frame", .integer(16)),
    ])
    func refusesAnotherNetwork(_ key: String, _ value: JSONValue) throws {
        let error = #expect(throws: ConfigError.self) { try config([key: value]) }
        #expect(error?.description.hasPrefix("config.json: \(key): ") == true)
    }
}
