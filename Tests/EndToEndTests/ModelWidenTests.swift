import Tensors
import TestSupport
import Testing

/// `weft model widen` on a tiny model, and on what cannot be widened.
struct ModelWidenTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        let made = try Program.run(["model", "create", "tiny", "--output", folder("tiny")])
        try #require(made.status == 0, "\(made.errors)")
    }

    private func widen(_ model: String, _ channels: String, _ output: String) throws
        -> Program.Outcome
    {
        try Program.run(
            ["model", "widen", folder(model), "--latent-channels", channels, "-o", folder(output)]
        )
    }

    @Test func `a widened model is sound and says what became of it`() throws {
        let outcome = try widen("tiny", "6", "wide")
        #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
        #expect(outcome.output.hasPrefix("latent channels: 4 to 6\ndepth_estimator: 136 tensors, "))
        #expect(outcome.output.contains("\nscheduler: copied\n"))
        let check = try Program.run(["model", "check", folder("wide")])
        #expect(check.status == 0 && check.errors.isEmpty, "\(check.errors)")
        let inspection = try Program.run(["model", "inspect", folder("wide")])
        for line in ["  in_channels = 16\n", "  out_channels = 6\n", "  latent_channels = 6\n"] {
            #expect(inspection.output.contains(line), "\(inspection.output)")
        }
    }

    @Test(arguments: [
        ("tiny", "4", "wide", Int32(64), "expected more latent channels than the 4 of"),
        ("tiny", "257", "wide", 64, "at most 256, found 257"),
        ("tiny", "8", "tiny", 73, "tiny: already there, and no model is overwritten"),
        ("tiny", "8", "no/wide", 73, "cannot make the folder"),
        ("none", "8", "wide", 66, "none: no such folder"),
        ("tiny/vae", "8", "wide", 66, "model_index.json is missing"),
    ])
    func `what cannot be done is one sentence and leaves nothing`(
        model: String,
        channels: String,
        output: String,
        status: Int32,
        words: String
    ) throws {
        let outcome = try widen(model, channels, output)
        #expect(outcome.status == status && outcome.output.isEmpty)
        #expect(outcome.errors.hasPrefix("weft: ") && outcome.errors.contains(words))
        #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
        #expect(try SystemFile.names(in: folder.path) == ["tiny"])
    }

    @Test func `a model without gen1's network is refused`() throws {
        let model = try ModelFolder()
        let outcome = try Program.run(
            ["model", "widen", model.path, "--latent-channels", "8", "-o", folder("wide")]
        )
        #expect(outcome.status == 66)
        #expect(outcome.errors == "weft: \(model.path): unet is missing\n")
    }
}
