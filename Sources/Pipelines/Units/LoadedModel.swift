import Diffusion
import Models
import Tensors

/// The networks of a model folder, each read when it is first needed and then kept.
final class LoadedModel {
    /// A text encoder with its tokenizer.
    struct TextEncoder {
        let tokenizer: BPETokenizer
        let network: CLIPTextEncoder
    }

    let path: String
    let variant: String?
    private let gen1: Gen1Model
    private var loadedNetwork: Gen1UNet?
    private var loadedAutoencoder: Autoencoder?
    private var loadedDepth: DepthEstimator?
    private var loadedImages: CLIPImageEncoder?
    private var loadedTexts: TextEncoder?
    private var loadedPrior: PriorTransformer?

    init(_ gen1: Gen1Model, path: String, variant: String?) {
        self.gen1 = gen1
        self.path = path
        self.variant = variant
    }

    var backend: any Backend { gen1.backend }

    func schedule() throws -> SchedulerConfig { try gen1.schedule() }

    func network(_ progress: UnitRunner.Progress) throws -> Gen1UNet {
        try once(\.loadedNetwork, progress) { try gen1.network() }
    }

    func autoencoder(_ progress: UnitRunner.Progress) throws -> Autoencoder {
        try once(\.loadedAutoencoder, progress) { try gen1.autoencoder() }
    }

    func depthEstimator(_ progress: UnitRunner.Progress) throws -> DepthEstimator {
        try once(\.loadedDepth, progress) { try gen1.depthEstimator() }
    }

    func imageEncoder(_ progress: UnitRunner.Progress) throws -> CLIPImageEncoder {
        try once(\.loadedImages, progress) {
            try component("image_encoder").load(on: backend, variant: variant) { config, weights in
                try CLIPImageEncoder(CLIPVisionConfig(config), weights)
            }
        }
    }

    func textEncoder(_ progress: UnitRunner.Progress) throws -> TextEncoder {
        try once(\.loadedTexts, progress) {
            TextEncoder(
                tokenizer: try BPETokenizer.load(folder: component("tokenizer").path),
                network: try component("text_encoder").load(on: backend, variant: variant) {
                    config,
                    weights in
                    try CLIPTextEncoder(CLIPTextConfig(config), weights)
                }
            )
        }
    }

    func prior(_ progress: UnitRunner.Progress) throws -> PriorTransformer {
        try once(\.loadedPrior, progress) {
            try component("prior").load(on: backend, variant: variant) { config, weights in
                let config = try PriorConfig(config)
                guard config.outputChannels == config.embeddingChannels else {
                    throw UnitError(
                        .resource,
                        "prior: expected \(config.embeddingChannels) channels out, as in, found "
                            + "\(config.outputChannels)"
                    )
                }
                return try PriorTransformer(config, weights)
            }
        }
    }

    func priorSchedule() throws -> UnCLIPConfig { try gen1.folder.priorSchedule() }

    func imagePreprocessor(_ config: CLIPVisionConfig) throws -> CLIPPreprocessor {
        try gen1.folder.imagePreprocessor(config)
    }

    func depthPreprocessor(_ config: DPTConfig) throws -> DPTPreprocessor {
        try gen1.folder.depthPreprocessor(config)
    }

    private func component(_ name: String) throws -> CheckpointComponent {
        try gen1.folder.component(name)
    }

    private func once<Value>(
        _ place: ReferenceWritableKeyPath<LoadedModel, Value?>,
        _ progress: UnitRunner.Progress,
        load: () throws -> Value
    ) throws -> Value {
        if let value = self[keyPath: place] { return value }
        try progress(.loading)
        let value = try load()
        self[keyPath: place] = value
        return value
    }
}
