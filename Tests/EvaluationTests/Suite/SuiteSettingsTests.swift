import Diffusion
import Evaluation
import Pipelines
import Tensors
import Testing

struct SuiteSettingsTests {
    private func settings(_ choice: SamplingDefaults, frames: Int) throws -> SuiteSettings {
        var settings = SuiteSettings(
            count: 3,
            frames: frames,
            width: 64,
            height: 32,
            try SampleSettings(choice),
            try WindowArrangement(choice, framesMax: 24)
        )
        settings.priorGuidance = choice.priorGuidance
        return settings
    }

    private static let chosen: SamplingDefaults = {
        var choice = SamplingDefaults()
        choice.steps = 25
        choice.guidance = 3
        choice.priorGuidance = 2
        choice.temporalGuidance = 1.5
        choice.structureLevel = 2
        choice.eta = 0.5
        choice.noise = .lock
        choice.window = 8
        choice.overlap = 3
        choice.taper = .linear
        choice.fusion = .never
        choice.fuseUntil = 0.25
        return choice
    }()

    @Test func `all that was chosen is sampled with, and each clip has noise of its own`() throws {
        let sampling = try settings(Self.chosen, frames: 16).sampling(scene: 77)
        var expected = SampleSettings(structureLevel: try StructureLevel(2))
        expected.steps = 25
        expected.guidance = 3
        expected.temporalGuidance = 1.5
        expected.eta = 0.5
        expected.seed = 77
        #expect(sampling == expected)
        #expect(
            try settings(SamplingDefaults(), frames: 16).sampling(scene: 0)
                == SampleSettings(structureLevel: StructureLevel(0))
        )
    }

    @Test func `a report says in words and in JSON what was used`() throws {
        var settings = try settings(Self.chosen, frames: 16)
        let lines = settings.lines("weft-small", on: "cpu-x")
        #expect(lines[0].hasPrefix("3 scenes of seeds from "))
        #expect(lines[0].hasSuffix(" (never trained on), 16 frames of 64x32."))
        #expect(
            lines[1]
                == "Sampled by weft-small, where a row does not say otherwise: 25 steps, guidance "
                + "3.0, prior guidance 2.0, omega_t 1.5, t_s 2, eta 0.5, windows of 8 frames that "
                + "share 3, at the end, overlap 3, linear, lock noise."
        )
        #expect(lines[2] == "Computed by cpu-x.")
        var expected: [String: JSONValue] = [
            "model": .string("weft-small"), "device": .string("cpu-x"), "count": .integer(3),
            "frames": .integer(16),
            "seed": .string("\(SuiteSettings.heldOut)"), "width": .integer(64),
            "height": .integer(32), "content": .string("prompt"), "steps": .integer(25),
            "guidance": .number(3), "prior_guidance": .number(2),
            "temporal_guidance": .number(1.5),
            "structure_level": .integer(2), "eta": .number(0.5), "noise": .string("lock"),
            "window": .integer(8), "overlap": .integer(3), "taper": .string("linear"),
            "fuse_every": .string("never"), "fuse_until": .number(0.25),
        ]
        #expect(settings.json("weft-small", on: "cpu-x") == expected)
        // A picture asks no prior.
        settings.content = .picture
        (expected["content"], expected["prior_guidance"]) = (.string("picture"), .null)
        #expect(settings.json("weft-small", on: "cpu-x") == expected)
        #expect(settings.lines("weft-small", on: "cpu-x")[1].contains("guidance 3.0, omega_t 1.5"))
    }

    @Test func `a clip no longer than a window is one window`() throws {
        let line = try settings(SamplingDefaults(), frames: 16).lines("m", on: "cpu-x")[1]
        let expected = "omega_t 1.0, t_s 0, eta 0.0, one window, shuffled noise."
        #expect(line.hasSuffix("50 steps, guidance 7.5, prior guidance 4.0, " + expected))
    }
}
