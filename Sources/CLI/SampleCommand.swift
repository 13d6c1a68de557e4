import ArgumentParser
import Diffusion
import Models
import Pipelines
import Tensors

/// `weft sample`: the sampler on files, one window or a whole shot.
struct SampleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sample",
        abstract: "Sample latents of a shot with a gen1 model, from tensors to tensors.",
        discussion: """
            Reads 'structure' [F,4,h,w] or 'depth' [F,H,W], and optionally 'content', 'source' or \
            'frames', 'mask' and 'latents'; writes 'latents' [F,4,h,w], and 'frames' with \
            --decode. Windows are fused as a farm fuses them. With --range only these steps are \
            run, from 'latents', as one unit of a farm.
            """
    )

    @Option(help: ArgumentHelp(ModelChoice.help), completion: .directory)
    var model: String

    @Option(help: "Read the weights of this variant, such as fp16.")
    var variant: String?

    @Option(name: .shortAndLong, help: "Safetensors file of the shot.", completion: .file())
    var input: String

    @Option(name: .shortAndLong, help: "Safetensors file to write.", completion: .file())
    var output: String

    @OptionGroup var sampling: SamplingOptions

    @Option(help: "Number of the first frame in its video, which keys the noise.")
    var firstFrame = 0

    @Option(help: "Run only steps A..<B, from the tensor 'latents'.")
    var range: String?

    @Flag(help: "Also decode the latents to 'frames' [F,3,H,W] in [-1,1].")
    var decode = false

    @Flag(help: "Print one JSON object instead of text.")
    var json = false

    @OptionGroup var compute: ComputeOptions

    func validate() throws {
        guard (0...Int(UInt32.max)).contains(firstFrame) else {
            throw ValidationError("--first-frame: expected 0 to \(UInt32.max), found \(firstFrame)")
        }
    }

    func run() async throws {
        let folder = try CheckpointFolder.open(ModelChoice.folder(model))
        let choice = sampling.resolved(try SamplingDefaults(folder))
        guard (0...StructureLevel.largest).contains(choice.structureLevel) else {
            throw Failure(
                .usage,
                "--structure-level: expected 0 to \(StructureLevel.largest), found "
                    + "\(choice.structureLevel)"
            )
        }
        let gen1 = try Gen1Model(folder, on: compute.makeBackend(), variant: variant)
        var settings = try SampleSettings(choice)
        settings.strength = sampling.strength
        settings.seed = sampling.seed
        // What can be wrong is told before the first network runs, not hours later.
        let steps = try settings.plan(gen1.schedule()).steps
        let fusion = try FusionSchedule(
            steps: steps,
            interval: choice.fusion,
            until: choice.fuseUntil
        )
        if decode { try gen1.checkAutoencoder() }
        _ = try AtomicFile(replacing: output)
        let shot = try ShotFile(
            InputTensors(SafetensorsFile.open(input)),
            model: gen1,
            level: settings.structureLevel,
            firstFrame: firstFrame
        )
        let network = try gen1.network()
        let plan = try plan(frames: shot.inputs.frameCount, network.config, choice)
        settings.noisePrior = choice.noise.prior(length: plan.length, overlap: plan.overlap)
        guard settings.noisePrior.isValid else {
            throw Failure(.usage, "--noise lock: expected windows of at least 2 frames")
        }
        let sampler = try ShotSampler(
            network,
            on: gen1.backend,
            schedule: gen1.schedule(),
            settings: settings,
            hasContent: shot.inputs.content != nil
        )
        let latents =
            try range == nil
            ? whole(shot, BlendWeights(plan, taper: choice.taper), fusion, sampler)
            : part(shot, sampler)
        var tensors = ["latents": latents.permuted([0, 3, 1, 2])]
        if decode {
            let decoder = LatentDecoder(try gen1.autoencoder(), on: gen1.backend)
            tensors["frames"] = try decoder.frames(of: latents).permuted([0, 3, 1, 2])
        }
        try SafetensorsFile.write(tensors, to: output)
    }

    private func plan(
        frames: Int,
        _ config: Gen1Config,
        _ choice: SamplingDefaults
    ) throws -> WindowPlan {
        let length = try choice.windowLength(framesMax: config.maxFrames)
        return try WindowPlan(
            frameCount: frames,
            length: length,
            overlap: choice.overlap ?? length / 2
        )
    }

    /// All windows through all rounds.
    private func whole(
        _ shot: ShotFile,
        _ weights: BlendWeights,
        _ schedule: FusionSchedule,
        _ sampler: ShotSampler
    ) throws -> HostTensor {
        guard shot.latents == nil else {
            throw Failure(.usage, "latents: a run from the start makes its own; give --range A..<B")
        }
        let plan = weights.plan
        var rounds: [JSONValue] = []
        let latents = try sampler.sampleShot(
            shot.inputs,
            weights: weights,
            schedule: schedule,
            didFuse: { report in
                // JSON has no infinity: windows that differ and do not vary.
                let largest = report.largestRatio
                rounds.append(largest.isFinite ? .number(largest) : .null)
                if !json {
                    let ratio = fixed(report.largestRatio, 5)
                    print(
                        line(report.steps, sampler)
                            + (plan.windows.count == 1
                                ? "1 window"
                                : "\(plan.windows.count) windows fused, largest mismatch "
                                    + "D/(2 sigma^2) \(ratio)")
                    )
                }
            }
        )
        report(windows: plan.windows, steps: sampler.steps, sampler, mismatches: rounds)
        return latents
    }

    /// One window through some steps.
    private func part(_ shot: ShotFile, _ sampler: ShotSampler) throws -> HostTensor {
        let bounds = (range ?? "").split(separator: "..<", omittingEmptySubsequences: false)
            .map { Int($0) ?? -1 }
        guard bounds.count == 2, bounds[0] < bounds[1], bounds[0] >= sampler.steps.lowerBound,
            bounds[1] <= sampler.steps.upperBound
        else {
            let steps = "\(sampler.steps.lowerBound)..<\(sampler.steps.upperBound)"
            throw Failure(.usage, "--range: expected A..<B within \(steps), found \(range ?? "")")
        }
        guard let latents = try shot.latents ?? startIfFirst(bounds[0], shot, sampler) else {
            throw Failure(.badInput, "latents: missing; steps \(range ?? "") continue from them")
        }
        let stepped = try sampler.sample(
            latents,
            window: 0..<shot.inputs.frameCount,
            steps: bounds[0]..<bounds[1],
            shot.inputs
        )
        let window = [0..<shot.inputs.frameCount]
        report(windows: window, steps: bounds[0]..<bounds[1], sampler, mismatches: [])
        return stepped
    }

    private func startIfFirst(
        _ step: Int,
        _ shot: ShotFile,
        _ sampler: ShotSampler
    ) throws -> HostTensor? {
        step == sampler.steps.lowerBound ? try sampler.start(shot.inputs) : nil
    }

    private func line(_ steps: Range<Int>, _ sampler: ShotSampler) -> String {
        "steps \(steps.lowerBound)..<\(steps.upperBound) of \(sampler.sampler.stepCount): "
    }

    private func report(
        windows: [Range<Int>],
        steps: Range<Int>,
        _ sampler: ShotSampler,
        mismatches: [JSONValue]
    ) {
        guard json else {
            if range != nil { print(line(steps, sampler) + "1 window") }
            return
        }
        let members: [String: JSONValue] = [
            "frames": .integer(windows.last?.upperBound ?? 0),
            "windows": .integer(windows.count),
            "first_step": .integer(steps.lowerBound),
            "end_step": .integer(steps.upperBound),
            "steps": .integer(sampler.sampler.stepCount),
            "evaluations_per_step": .integer(sampler.evaluationsPerStep),
            "largest_mismatch_per_fusion": .array(mismatches),
            "output": .string(output),
        ]
        print(JSONValue.object(members).serialized(isIndented: true))
    }
}
