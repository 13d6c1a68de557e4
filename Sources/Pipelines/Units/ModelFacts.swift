package import Models

/// What a job has to know of a model before any weight is read: from its `config.json` files alone.
package struct ModelFacts: Hashable, Sendable {
    /// Pixels of a latent's side.
    package let latentScale: Int
    package let latentChannels: Int
    /// Width and height of a picture are multiples of this.
    package let sizeMultiple: Int
    /// Edge of the square pictures it was made for.
    package let nativeSize: Int
    /// The longest window.
    package let maxFrames: Int
    /// Width of the content embedding.
    package let contentChannels: Int
    /// Whether a prompt can be its content: prior, text encoder and tokenizer are there.
    package let takesPrompts: Bool
    /// Whether a picture can: the image encoder is there.
    package let takesPictures: Bool

    /// Reads the configs and compares what has to fit.
    ///
    /// - Throws: `InputError` if a part is missing that every job needs or parts do not fit each
    ///   other, `CheckpointError`, `ConfigError`.
    package init(_ folder: CheckpointFolder) throws {
        let unet = try folder.component("unet")
        guard try unet.kind() == .gen1 else {
            throw InputError(
                "\(unet.path): expected a \(Gen1Config.className), found a \(try unet.className())"
            )
        }
        let object = try unet.config()
        let config = try Gen1Config(object)
        let vae = try AutoencoderConfig(folder.component("vae").config())
        try vae.check(latents: config.latentChannels, path: "\(folder.path)/vae")
        _ = try DPTConfig(folder.component("depth_estimator").config())
        latentScale = vae.patch
        latentChannels = vae.latentChannels
        sizeMultiple = vae.patch << (config.image.blocks.count - 1)
        nativeSize = try object.count("sample_size", default: 512 / vae.patch) * vae.patch
        maxFrames = config.maxFrames
        contentChannels = config.contentChannels
        let names = Set(folder.components.map(\.name))
        takesPrompts = names.isSuperset(of: ["prior", "text_encoder", "tokenizer"])
        takesPictures = names.contains("image_encoder")
        try checkContent(folder)
    }

    /// The embedding that content units make has to be as wide as the network takes it.
    private func checkContent(_ folder: CheckpointFolder) throws {
        var widths: [(String, Int)] = []
        if takesPrompts {
            let prior = try PriorConfig(folder.component("prior").config())
            widths.append(("prior", prior.outputChannels))
        }
        if takesPictures {
            let encoder = try CLIPVisionConfig(folder.component("image_encoder").config())
            widths.append(("image_encoder", encoder.projectionChannels))
        }
        for (name, width) in widths where width != contentChannels {
            throw InputError(
                "\(folder.path)/\(name): makes embeddings of \(width) channels, the unet takes "
                    + "\(contentChannels)"
            )
        }
    }

    /// Opens the weights that a job needs, to find out whether they are there; reads headers only.
    ///
    /// - Parameters:
    ///   - folder: Whose facts these are.
    ///   - variant: As for `CheckpointComponent.tensors(variant:)`.
    ///   - forPrompt: Whether a prompt is the content.
    ///   - forPicture: Whether a picture is.
    /// - Throws: `CheckpointError` that names the first file that is missing or malformed.
    package static func checkWeights(
        _ folder: CheckpointFolder,
        variant: String?,
        forPrompt: Bool,
        forPicture: Bool
    ) throws {
        let names =
            ["unet", "vae", "depth_estimator"] + (forPrompt ? ["text_encoder", "prior"] : [])
            + (forPicture ? ["image_encoder"] : [])
        for name in names { _ = try folder.component(name).tensors(variant: variant) }
    }

    /// What is missing for a content of this kind, in one sentence; nil if nothing is.
    package func missing(forPrompt: Bool, forPicture: Bool) -> String? {
        if forPrompt, !takesPrompts {
            return "the model takes no prompts: it needs prior, text_encoder and tokenizer"
        }
        if forPicture, !takesPictures {
            return "the model takes no pictures as content: it needs image_encoder"
        }
        return nil
    }
}
