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

    @Option(help: "Where depth comes from: estimated by the model, exact, or exact where known.")
    var depth = DepthChoice.estimated

    @Option(help: "Share of clips without content, for guidance.")
    var contentDropout = 0.1

    @Option(help: "What the loss is the squared error of; v by default.")
    var weighting = WeightingChoice.velocity

    @Option(help: "Memory for encoded clips, in MiB.")
    var cache = 1024

    func validate() throws {
        guard (0...1 << 20).contains(cache) else {
            throw ValidationError("--cache: expected 0 to 1048576, found \(cache)")
        }
        try checkShare("--content-dropout", contentDropout)
    }

    /// What of these decides about the weights; the cache does not.
    var knobs: [String: JSONValue] {
        [
            "scenes": .integer(source.scenes), "depth": .string(depth.rawValue),
            "content-dropout": .number(contentDropout), "weighting": .string(weighting.rawValue),
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
            depth: depth
        )
        recipe.contentDropout = contentDropout
        recipe.weighting = weighting.weighting
        recipe.cacheBytes = cache << 20
        return recipe
    }
}
