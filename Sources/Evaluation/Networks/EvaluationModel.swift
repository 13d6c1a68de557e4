package import Models
package import Pipelines
package import Tensors

/// What was asked for, or why there is none: measures are never left out silently.
package enum Obtained<Value> {
    case value(Value)
    /// Half a sentence, such as `MODEL has no depth_estimator`.
    case absent(String)

    /// Nobody wants networks to be asked.
    package static var leftOut: Self { .absent("networks are left out (--no-networks)") }

    package var value: Value? {
        guard case .value(let value) = self else { return nil }
        return value
    }
}

extension Obtained: Sendable where Value: Sendable {}

/// The networks of a model folder that measures need, each loaded when it is first used.
package final class EvaluationModel {
    /// What reports call it.
    package let name: String
    /// Of what computes, for reports.
    package let deviceClass: String
    private let folder: CheckpointFolder
    private let backend: any Backend
    private let variant: String?
    private var content: ContentEncoder?
    private var depths: DepthMaps?
    private var texts: CLIPTextEncoder?

    /// - Parameters:
    ///   - folder: A model's folder; parts may be missing.
    ///   - backend: Where networks run.
    ///   - deviceClass: What reports call that.
    ///   - variant: Of the weights, such as fp16.
    ///   - name: What reports call it; the folder's path unless given.
    package init(
        _ folder: CheckpointFolder,
        on backend: any Backend,
        deviceClass: String,
        variant: String? = nil,
        name: String? = nil
    ) {
        self.name = name ?? folder.path
        self.deviceClass = deviceClass
        self.folder = folder
        self.backend = backend
        self.variant = variant
    }

    /// The windows that a render by this model has without options; the usual ones if it has no
    /// gen1 network.
    ///
    /// - Throws: `CheckpointError`, `ConfigError`, `StitchError` for windows it does not take.
    package func windows() throws -> WindowArrangement {
        var framesMax = Int.max
        if let unet = component("unet"), try unet.kind() == .gen1 {
            framesMax = try Gen1Config(unet.config()).maxFrames
        }
        return try WindowArrangement(SamplingDefaults(folder), framesMax: framesMax)
    }

    /// An embedding for each frame.
    ///
    /// - Throws: `CheckpointError`, `ConfigError`, `WeightError`, `NetworkInputError`,
    ///   `BackendError`.
    package func embeddings(of clip: Pictures) throws -> Obtained<[[Float]]> {
        guard let encoder = try contentEncoder() else { return absent("image_encoder") }
        return .value(
            try (0..<clip.count).map { try encoder.embedding(of: clip, $0).values }
        )
    }

    /// The embedding of a text, in the space of the frames'.
    ///
    /// - Throws: As `embeddings`; `TokenizerError`, `InputError` if the text's embedding has
    ///   another width than frames have.
    package func embedding(of text: String) throws -> Obtained<[Float]> {
        guard let encoder = try contentEncoder() else { return absent("image_encoder") }
        guard let part = component("text_encoder") else { return absent("text_encoder") }
        guard let words = component("tokenizer") else { return absent("tokenizer") }
        let tokenizer = try BPETokenizer.load(folder: words.path)
        let network =
            try texts
            ?? part.load(on: backend, variant: variant) { config, weights in
                try CLIPTextEncoder(CLIPTextConfig(config), weights)
            }
        texts = network
        guard let embeddings = try network([tokenizer(text).ids]).embeddings else {
            return .absent("\(part.path) has no projection")
        }
        let values = try embeddings.download().values
        guard values.count == encoder.channels else {
            throw InputError(
                "\(part.path): expected embeddings of \(encoder.channels) values, as of pictures, "
                    + "found \(values.count)"
            )
        }
        return .value(values)
    }

    /// Relative inverse depth of all frames, `[F, H, W]`.
    ///
    /// - Throws: As `embeddings`.
    package func depth(of clip: Pictures) throws -> Obtained<HostTensor> {
        guard let depths = try depthMaps() else { return absent("depth_estimator") }
        return .value(try depths(clip))
    }

    private func contentEncoder() throws -> ContentEncoder? {
        if let content { return content }
        guard let part = component("image_encoder") else { return nil }
        let network = try part.load(on: backend, variant: variant) { config, weights in
            try CLIPImageEncoder(CLIPVisionConfig(config), weights)
        }
        let preprocessor = try folder.imagePreprocessor(network.config)
        let encoder = ContentEncoder(network, preprocessor, on: backend)
        content = encoder
        return encoder
    }

    private func depthMaps() throws -> DepthMaps? {
        if let depths { return depths }
        guard let part = component("depth_estimator") else { return nil }
        let network = try part.load(on: backend, variant: variant) { config, weights in
            try DepthEstimator(DPTConfig(config), weights)
        }
        let maps = DepthMaps(network, try folder.depthPreprocessor(network.config), on: backend)
        depths = maps
        return maps
    }

    private func component(_ name: String) -> CheckpointComponent? {
        folder.components.first { $0.name == name }
    }

    private func absent<Value>(_ name: String) -> Obtained<Value> {
        .absent("\(folder.path) has no \(name)")
    }
}
