import Diffusion
import Models
import Pipelines
import Tensors
import TestSupport
import Testing

struct SamplingDefaultsTests {
    private func read(_ text: String) throws -> SamplingDefaults {
        let folder = try TemporaryFolder()
        _ = try folder.write(text, to: "model_index.json")
        return try SamplingDefaults(CheckpointFolder.open(folder.path))
    }

    @Test(arguments: ["{}", #"{"_weft_defaults":{}}"#, #"{"_weft_defaults":null}"#])
    func `a model that says nothing is sampled as usual`(index: String) throws {
        let defaults = try read(index)
        #expect(defaults == SamplingDefaults())
        #expect(defaults.steps == 50 && defaults.guidance == 7.5 && defaults.window == nil)
        #expect(defaults.priorGuidance == 4)
    }

    @Test func `a model says how it is sampled, and the rest is as usual`() throws {
        var expected = SamplingDefaults()
        expected.steps = 25
        expected.guidance = 3
        #expect(try read(#"{"_weft_defaults":{"steps":25,"guidance":3}}"#) == expected)
    }

    @Test func `all that a model can say is read`() throws {
        let defaults = try read(
            """
            {"_weft_defaults": {"steps": 10, "guidance": 2.5, "temporal_guidance": 1.5,
             "prior_guidance": 2, "structure_level": 2, "eta": 0.5, "noise": "lock", "window": 8,
             "overlap": 3, "taper": "linear", "fuse_every": "never", "fuse_until": 0.25}}
            """
        )
        var expected = SamplingDefaults()
        expected.steps = 10
        expected.guidance = 2.5
        expected.priorGuidance = 2
        expected.temporalGuidance = 1.5
        expected.structureLevel = 2
        expected.eta = 0.5
        expected.noise = .lock
        expected.window = 8
        expected.overlap = 3
        expected.taper = .linear
        expected.fusion = .never
        expected.fuseUntil = 0.25
        #expect(defaults == expected)
        #expect(try read(#"{"_weft_defaults":{"fuse_every":4}}"#).fusion == .every(4))
    }

    @Test func `a window that is given leaves a model's overlap behind`() {
        var model = SamplingDefaults()
        model.window = 8
        model.overlap = 3
        func chosen(_ window: Int?, _ overlap: Int?) -> [Int?] {
            let choice = model.choosing(window: window, overlap: overlap)
            return [choice.window, choice.overlap]
        }
        #expect(chosen(nil, nil) == [8, 3])
        #expect(chosen(12, nil) == [12, nil])
        #expect(chosen(nil, 2) == [8, 2])
        #expect(chosen(12, 2) == [12, 2])
        model.steps = 9
        #expect(model.choosing(window: nil, overlap: nil) == model)
    }

    @Test func `a window is what was chosen, else the longest up to 16`() throws {
        var choice = SamplingDefaults()
        #expect(try choice.windowLength(framesMax: 24) == 16)
        #expect(try choice.windowLength(framesMax: 12) == 12)
        choice.window = 24
        #expect(try choice.windowLength(framesMax: 24) == 24)
        for wrong in [0, 25] {
            choice.window = wrong
            let error = #expect(throws: StitchError.self) {
                try choice.windowLength(framesMax: 24)
            }
            #expect(error?.code == .settings)
            #expect(error?.description.hasSuffix("1 to 24 frames, found \(wrong)") == true)
        }
    }

    @Test(arguments: [
        (#"{"step":25}"#, "step: no such key"),
        (#"{"steps":0}"#, "steps: expected a count from 1 on, found 0"),
        (#"{"steps":1001}"#, "steps: expected 1 to 1000, found 1001"),
        (#"{"steps":"many"}"#, "steps: expected an integer"),
        (#"{"guidance":"strong"}"#, "guidance: expected a number"),
        (#"{"prior_guidance":1e4}"#, "prior_guidance: expected -1000 to 1000, found 10000"),
        (#"{"structure_level":8}"#, "structure_level: expected 0 to 7, found 8"),
        (#"{"eta":1.5}"#, "eta: expected 0 to 1, found 1.5"),
        (#"{"noise":"pink"}"#, "noise: expected one of independent, shuffled, lock, found pink"),
        (#"{"taper":"sharp"}"#, "taper: expected one of hann, linear, pyramid, flat, found sharp"),
        (#"{"window":8,"overlap":8}"#, "overlap: expected less than a window, found 8"),
        (#"{"overlap":-1}"#, "overlap: expected less than a window, found -1"),
        (#"{"fuse_every":0}"#, "fuse_every: expected a count from 1 on, found 0"),
        (#"{"fuse_every":"often"}"#, "fuse_every: expected an integer"),
        (#"{"fuse_until":2}"#, "fuse_until: expected 0 to 1, found 2"),
        ("[1]", "_weft_defaults: expected an object"),
    ])
    func `what makes no run is refused with file and key`(
        _ value: String,
        _ words: String
    ) throws {
        let error = #expect(throws: ConfigError.self) {
            _ = try read(#"{"_weft_defaults":\#(value)}"#)
        }
        #expect(error?.description.contains("model_index.json: ") == true)
        #expect(error?.description.contains(words) == true, "\(String(describing: error))")
    }
}
