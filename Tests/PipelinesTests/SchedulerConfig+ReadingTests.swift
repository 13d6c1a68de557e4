import Diffusion
import Models
import Pipelines
import Tensors
import Testing

/// Reading `scheduler_config.json`.
struct SchedulerConfigReadingTests {
    static func read(_ values: [String: JSONValue]) throws -> SchedulerConfig {
        try SchedulerConfig(
            reading: ConfigObject(values, label: "scheduler_config.json")
        )
    }

    @Test func missingKeysTakeTheClassDefaults() throws {
        #expect(try Self.read([:]) == SchedulerConfig())
    }

    /// What Stable Diffusion 1.5 ships, and an older copy that says nothing about clipping.
    @Test(arguments: [true, false])
    func readsPNDMAsDDIM(saysClipping: Bool) throws {
        var values: [String: JSONValue] = [
            "_class_name": .string("PNDMScheduler"),
            "_diffusers_version": .string("0.6.0"),
            "beta_end": .number(0.012),
            "beta_schedule": .string("scaled_linear"),
            "beta_start": .number(0.00085),
            "num_train_timesteps": .integer(1000),
            "set_alpha_to_one": .bool(false),
            "skip_prk_steps": .bool(true),
            "steps_offset": .integer(1),
            "trained_betas": .null,
        ]
        if saysClipping { values["clip_sample"] = .bool(false) }
        #expect(try Self.read(values) == .stableDiffusion)
    }

    @Test func readsEveryKey() throws {
        let config = try Self.read([
            "_class_name": .string("DDIMScheduler"),
            "beta_schedule": .string("squaredcos_cap_v2"),
            "clip_sample": .bool(true),
            "clip_sample_range": .number(2.5),
            "num_train_timesteps": .integer(500),
            "prediction_type": .string("v_prediction"),
            "rescale_betas_zero_snr": .bool(true),
            "set_alpha_to_one": .bool(false),
            "steps_offset": .integer(3),
            "timestep_spacing": .string("trailing"),
        ])
        var expected = SchedulerConfig()
        expected.trainTimesteps = 500
        expected.betas = .squaredCosine
        expected.clipping = .range(2.5)
        expected.prediction = .velocity
        expected.hasZeroTerminalSNR = true
        expected.isFinalAlphaOne = false
        expected.stepsOffset = 3
        expected.spacing = .trailing
        #expect(config == expected)
    }

    @Test func thresholdingReplacesClipping() throws {
        let config = try Self.read([
            "thresholding": .bool(true), "sample_max_value": .number(1.5),
        ])
        #expect(config.clipping == .dynamic(ratio: 0.995, largest: 1.5))
    }

    @Test func readsTrainedBetas() throws {
        let config = try Self.read([
            "num_train_timesteps": .integer(2),
            "trained_betas": .array([.number(0.25), .number(0.5)]),
        ])
        #expect(config.betas == .trained([0.25, 0.5]))
    }

    @Test(
        arguments: [
            ("beta_schedule", .string("exponential")),
            ("beta_start", .number(0)),
            ("beta_end", .number(1.5)),
            ("steps_offset", .integer(-1)),
            ("clip_sample", .string("yes")),
            ("clip_sample_range", .number(-1)),
            ("num_train_timesteps", .integer(0)),
            ("num_train_timesteps", .integer(10_000_000)),
            ("prediction_type", .string("flow")),
            ("timestep_spacing", .string("karras")),
            ("steps_offset", .number(0.5)),
            ("trained_betas", .array([.number(0.1)])),
            ("trained_betas", .array([.number(2)])),
        ] as [(String, JSONValue)]
    )
    func refusesWhatItCannotFollow(key: String, value: JSONValue) throws {
        let error = #expect(throws: ConfigError.self) { try Self.read([key: value]) }
        let message = error?.description ?? ""
        #expect(message.hasPrefix("scheduler_config.json: ") && message.contains(key))
        #expect(message.contains(": expected"))
    }
}
