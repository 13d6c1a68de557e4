import ArgumentParser
import Tensors
import Training

extension DepthChoice: ExpressibleByArgument {}
extension Gen1Recipe.Weights: ExpressibleByArgument {}

/// What of a loss is weighted, by the words of `--weighting`.
enum WeightingChoice: String, CaseIterable, ExpressibleByArgument {
    case velocity
    case clean
    case noise
    case posteriorMean = "posterior-mean"
    case minimumSNR = "min-snr"

    var weighting: LossWeighting {
        switch self {
        case .velocity: .velocity
        case .clean: .clean
        case .noise: .noise
        case .posteriorMean: .posteriorMean
        // γ of Hang et al. 2023.
        case .minimumSNR: .minimumSNR(gamma: 5)
        }
    }
}

/// Options of the stages that train gen1's UNet.
struct Gen1Options: ParsableArguments {
    @OptionGroup var source: StageData

    @Option(
        help: """
            Where depth comes from: estimated by the model, as by default, exact, or exact where \
            known.
            """
    )
    var depth: DepthChoice?

    @Option(help: "Share of clips without content, for guidance.")
    var contentDropout = 0.1

    @Option(help: "What the loss is the squared error of; v by default.")
    var weighting = WeightingChoice.velocity

    @Option(
        help: """
            How much oftener than others the noisiest timesteps are trained; above 1 the colours \
            get better, which they decide.
            """
    )
    var timestepShift = 1.0

    @Option(help: "Memory for encoded clips, in MiB.")
    var cache = 1024

    @Option(
        help: """
            Folder that keeps encoded clips, for this run when it goes on and for other runs on \
            the same data.
            """,
        completion: .directory
    )
    var cacheFolder: String?

    @Option(help: "Size of that folder, in MiB; 16384 by default.")
    var cacheFolderSize: Int?

    func validate() throws {
        for (option, value) in [
            ("--cache", cache), ("--cache-folder-size", cacheFolderSize ?? 0),
        ] where !(0...1 << 24).contains(value) {
            throw ValidationError("\(option): expected 0 to 16777216, found \(value)")
        }
        try refuse(
            "--cache-folder-size",
            if: cacheFolderSize != nil && cacheFolder == nil,
            "without --cache-folder"
        )
        try checkShare("--content-dropout", contentDropout)
        guard (0.01...100).contains(timestepShift) else {
            throw ValidationError(
                "--timestep-shift: expected 0.01 to 100, found \(timestepShift)"
            )
        }
    }

    /// What of these decides about the weights; the caches do not.
    var knobs: [String: JSONValue] {
        [
            "scenes": .integer(source.count), "depth": .string((depth ?? .estimated).rawValue),
            "content-dropout": .number(contentDropout), "weighting": .string(weighting.rawValue),
            "timestep-shift": .number(timestepShift),
        ]
    }

    func recipe(
        _ stage: Gen1Recipe.Stage,
        _ inputs: TrainingInputs,
        stride: Int = 1,
        images: Int? = nil
    ) -> Gen1Recipe {
        var recipe = Gen1Recipe(
            stage,
            request: ClipRequest(
                frames: inputs.frames,
                stride: stride,
                width: inputs.width,
                height: inputs.height
            ),
            clips: inputs.batch,
            images: images,
            depth: depth ?? .estimated
        )
        recipe.contentDropout = contentDropout
        recipe.weighting = weighting.weighting
        recipe.timestepShift = TimestepShift(factor: timestepShift)
        recipe.cacheBytes = cache << 20
        recipe.sharedCache = cacheFolder.map { folder in
            Gen1Recipe.SharedCache(folder: folder, bytesMax: (cacheFolderSize ?? 16384) << 20) {
                writeToStandardError("\($0)\n")
            }
        }
        return recipe
    }
}
