import ArgumentParser
import Diffusion
import Tensors

struct StitchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stitch",
        abstract: "Blend sampled windows into one latent per frame.",
        discussion: """
            Reads the tensors window.0, window.1, ... of the layout, each with its frames along \
            the first axis, and writes their blend as one tensor, latent. Tells how far windows \
            disagree where they overlap: D / (2σ²), 0 for identical windows, 1 for unrelated ones.
            """
    )

    @OptionGroup var options: WindowOptions

    @Option(help: "Safetensors file with the windows.", completion: .file())
    var input: String

    @Option(help: "Safetensors file to write.", completion: .file())
    var output: String

    @Option(
        help: """
            Keep the variance of windows that have this correlation where they overlap, 0 for \
            windows from unrelated noise. Without it the blend is the weighted mean.
            """
    )
    var keepVariance: Double?

    @Flag(help: "Print one JSON object instead of text.")
    var json = false

    func validate() throws {
        if let keepVariance, !(keepVariance >= 0 && keepVariance <= 1) {
            throw ValidationError("--keep-variance: expected a correlation from 0 to 1")
        }
    }

    func run() throws {
        let plan = try options.plan()
        let file = try WindowFile(SafetensorsFile.open(input), plan: plan)
        var weights = BlendWeights(plan, taper: options.taper)
        if let keepVariance { weights = weights.keepingVariance(correlation: keepVariance) }
        let fuser = LatentFuser(weights)
        let windows = try file.latents()
        try SafetensorsFile.write(["latent": fuser.fuse(windows)], to: output)
        report(plan, fuser.mismatches(windows))
    }

    private func report(_ plan: WindowPlan, _ mismatches: [OverlapMismatch]) {
        if json {
            let overlaps = mismatches.map { mismatch in
                JSONValue.object([
                    "left": .integer(mismatch.overlap.left),
                    "right": .integer(mismatch.overlap.right),
                    "start": .integer(mismatch.overlap.frames.lowerBound),
                    "end": .integer(mismatch.overlap.frames.upperBound),
                    "mismatch": mismatch.ratio.isFinite ? .number(mismatch.ratio) : .null,
                ])
            }
            let result: [String: JSONValue] = [
                "frames": .integer(plan.frameCount), "overlaps": .array(overlaps),
            ]
            print(JSONValue.object(result).serialized())
            return
        }
        print("\(output): frames: \(plan.frameCount), windows blended: \(plan.windows.count)")
        for mismatch in mismatches {
            let overlap = mismatch.overlap
            print(
                "  windows \(overlap.left) and \(overlap.right), frames "
                    + "\(overlap.frames.lowerBound)..<\(overlap.frames.upperBound): mismatch "
                    + "\(Float(mismatch.ratio))"
            )
        }
    }
}
