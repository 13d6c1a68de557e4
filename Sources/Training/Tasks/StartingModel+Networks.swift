import Diffusion
import Models
import NN
import Pipelines
import Tensors

// The networks that stages use without training them, with what stands beside them.
extension StartingModel {
    func latentEncoder(on backend: any Backend) throws -> LatentEncoder {
        LatentEncoder(try autoencoder(on: backend), on: backend)
    }

    func autoencoder(on backend: any Backend) throws -> Autoencoder {
        try frozen(.vae, on: backend, Self.makeAutoencoder)
    }

    func contentEncoder(on backend: any Backend) throws -> ContentEncoder {
        let encoder = try frozen(.imageEncoder, on: backend, Self.makeImageEncoder)
        return ContentEncoder(
            encoder,
            try folder.imagePreprocessor(encoder.config),
            on: backend
        )
    }

    func depthMaps(on backend: any Backend) throws -> DepthMaps {
        let estimator = try frozen(.depthEstimator, on: backend, Self.makeDepthEstimator)
        return DepthMaps(estimator, try folder.depthPreprocessor(estimator.config), on: backend)
    }

    /// A folder for what this model's frozen networks make of clips.
    ///
    /// - Parameters:
    ///   - cache: Which folder.
    ///   - backend: Where the networks are: others give other last digits.
    ///   - estimatesDepth: Whether there is a depth estimator among them.
    /// - Returns: The folder, with a name for each network.
    /// - Throws: As `FileError` and `StartingModel` do.
    func shared(
        _ cache: Gen1Recipe.SharedCache,
        with backend: any Backend,
        estimatesDepth: Bool
    ) throws -> EncodedClips.Shared {
        let device =
            (backend as? CPUBackend)?.configuration.deviceClass ?? backend.summary
        func name(_ kind: ComponentKind, _ isUsed: (String) -> Bool = { _ in true }) throws
            -> String
        { "\(kind.folder) \(try identity(of: kind, isUsed)) of weft \(weftVersion) on \(device)" }
        return EncodedClips.Shared(
            try TensorFolder(cache.folder, bytesMax: cache.bytesMax, tell: cache.tell),
            // Another decoder makes no other latents.
            latents: try name(.vae) { !AutoencoderTask.Weights.decoder.include($0) },
            content: try name(.imageEncoder),
            depth: estimatesDepth ? try name(.depthEstimator) : ""
        )
    }

    /// A hash of a network's weights and of the settings beside them.
    private func identity(
        of kind: ComponentKind,
        _ isUsed: (String) -> Bool
    ) throws -> String {
        let component = try folder.component(kind.folder)
        var hash = ContentHash()
        for name in try SystemFile.names(in: component.path) where name.hasSuffix(".json") {
            hash.add(name)
            hash.add(try SystemFile.read("\(component.path)/\(name)", limit: 64 << 20))
        }
        let tensors = try component.tensors()
        for name in tensors.names.sorted() where isUsed(name) {
            guard let tensor = tensors.tensor(named: name) else { continue }
            hash.add("\(name) \(tensor.shape)")
            hash.add(tensor.floats())
            tensor.discard()
        }
        return hash.hexadecimal
    }

    /// The tokenizer, whose texts the encoder has to take.
    func tokenizer(for encoder: CLIPTextConfig) throws -> BPETokenizer {
        let component = try folder.component(ComponentKind.tokenizer.folder)
        let tokenizer = try BPETokenizer.load(folder: component.path)
        guard tokenizer.length <= encoder.positions,
            tokenizer.vocabularySize <= encoder.vocabularySize
        else {
            throw TrainingError(
                .data(
                    "\(component.path): expected at most \(encoder.positions) tokens a text of "
                        + "\(encoder.vocabularySize), as the text encoder takes them, found "
                        + "\(tokenizer.length) of \(tokenizer.vocabularySize)"
                )
            )
        }
        return tokenizer
    }

    /// The noise schedule that gen1 trains under: the model's own, otherwise Stable Diffusion's.
    ///
    /// The network predicts v, also where it grows from an image model that did not.
    func gen1Schedule() throws -> SchedulerConfig {
        let name = ComponentKind.scheduler.folder
        guard has(.scheduler) else {
            var config = SchedulerConfig.stableDiffusion
            config.prediction = .velocity
            return config
        }
        var config = try SchedulerConfig(
            reading: folder.component(name).config(ComponentKind.scheduler.configName)
        )
        config.prediction = .velocity
        return config
    }

    static func makeAutoencoder(
        _ config: ConfigObject,
        _ weights: WeightPath
    ) throws -> Autoencoder {
        let config = try AutoencoderConfig(config)
        return Autoencoder(
            encoder: try AutoencoderEncoder(config, weights),
            decoder: try AutoencoderDecoder(config, weights)
        )
    }

    static func makeImageEncoder(
        _ config: ConfigObject,
        _ weights: WeightPath
    ) throws -> CLIPImageEncoder {
        try CLIPImageEncoder(CLIPVisionConfig(config), weights)
    }

    static func makeTextEncoder(
        _ config: ConfigObject,
        _ weights: WeightPath
    ) throws -> CLIPTextEncoder {
        try CLIPTextEncoder(CLIPTextConfig(config), weights)
    }

    static func makeDepthEstimator(
        _ config: ConfigObject,
        _ weights: WeightPath
    ) throws -> DepthEstimator {
        try DepthEstimator(DPTConfig(config), weights)
    }
}
