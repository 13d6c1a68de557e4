import Diffusion
import Models
import Pipelines
import Tensors
import Testing

struct UnCLIPConfigReadingTests {
    @Test func readsThePriorsConfig() throws {
        func read(_ values: [String: JSONValue]) throws -> UnCLIPConfig {
            try UnCLIPConfig(reading: ConfigObject(values, label: "scheduler_config.json"))
        }
        #expect(try read([:]) == UnCLIPConfig())
        let karlo = try read([
            "_class_name": .string("UnCLIPScheduler"),
            "clip_sample": .bool(true),
            "clip_sample_range": .number(5),
            "num_train_timesteps": .integer(1000),
            "prediction_type": .string("sample"),
            "variance_type": .string("fixed_small_log"),
        ])
        #expect(karlo.clippingBound == 5 && karlo.prediction == .sample)
        #expect(try read(["clip_sample": .bool(false)]).clippingBound == nil)
        #expect(throws: ConfigError.self) {
            try read(["variance_type": .string("learned_range")])
        }
    }
}
