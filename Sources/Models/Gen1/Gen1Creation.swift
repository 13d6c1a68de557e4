import NN
package import Tensors

extension FreshComponent {
    /// Gen1's UNet on a pretrained image UNet: its tensors are copied as they are stored, the
    /// kernels of the new inputs are zero, and the temporal layers start as identity, so that the
    /// fresh network computes what the image network does.
    ///
    /// - Parameters:
    ///   - image: The image UNet's folder.
    ///   - config: Keys that override or extend the image UNet's; nil for none.
    ///   - seed: Of the temporal layers' starting values.
    /// - Returns: The component, of which nothing has been read but shapes.
    /// - Throws: `CheckpointError`, `ConfigError` or `WeightError` if the folder holds no image
    ///   UNet of as many channels in as out that weft reads, or the config asks for other shapes.
    package static func gen1(
        fromImage image: CheckpointComponent,
        config: ConfigObject?,
        seed: UInt64
    ) throws -> FreshComponent {
        let imageConfig = try image.config()
        let source = try image.tensors()
        let imageNetwork = try UNet2DConfig(imageConfig)
        let latent = imageNetwork.outputChannels
        guard imageNetwork.inputChannels == latent else {
            throw imageConfig.unsupported(
                "in_channels",
                "gen1 grows from a UNet that takes the \(latent) channels that it makes"
            )
        }
        // Reads the image network strictly before anything is made of it.
        let strict = ParameterStore(source, backend: ShapeBackend())
        _ = try UNet2D(imageNetwork, strict.root)
        try strict.finish(ignoring: isUnreadTensorAllowed)

        var values = imageConfig.values.filter { Gen1Config.keys.contains($0.key) }
        values["cross_attention_dim"] = .integer(imageNetwork.contextChannels)
        values["in_channels"] = nil
        values.merge(config?.values ?? [:]) { _, given in given }
        let merged = Gen1Config.completed(
            ConfigObject(values, label: config?.label ?? imageConfig.label)
        )
        let initializer = ParameterInitializer(seed: seed)
        let parameters = try ComponentKind.gen1.declarations(merged).map { declaration in
            try Gen1UNet.isTemporal(declaration.key)
                ? initializer(declaration) : copy(declaration, from: source)
        }
        return FreshComponent(kind: .gen1, config: merged.values, parameters: parameters)
    }

    /// The source's tensor for a parameter of the spatial layers.
    private static func copy(
        _ declaration: ParameterDeclaration,
        from source: any TensorSource
    ) throws(WeightError) -> StoredTensor {
        guard let tensor = source.tensor(named: declaration.key) else {
            throw WeightError(.missing, key: declaration.key, source: source.label)
        }
        if tensor.shape == declaration.shape { return tensor }
        let inputs = declaration.shape.rank == 4 ? declaration.shape[1] : 0
        let narrow = tensor.shape.rank == 4 ? tensor.shape[1] : 0
        guard declaration.key == "conv_in.weight", inputs > narrow,
            tensor.shape.dimensions == [declaration.shape[0], narrow, 3, 3]
        else {
            throw WeightError(
                .wrongShape(expected: declaration.shape, found: tensor.shape),
                key: declaration.key,
                source: source.label
            )
        }
        return StoredTensor(name: declaration.key, shape: declaration.shape) {
            let values = tensor.floats()
            let zeros = [Float](repeating: 0, count: (inputs - narrow) * 9)
            var widened: [Float] = []
            widened.reserveCapacity(declaration.shape.count)
            for start in stride(from: 0, to: values.count, by: narrow * 9) {
                widened += values[start..<start + narrow * 9]
                widened += zeros
            }
            return widened
        }
    }
}

extension Gen1Config {
    /// Stable Diffusion's noise schedule, under which its weights were trained, with the paper's
    /// prediction type.
    package static let schedule: [String: JSONValue] = [
        "_class_name": .string("DDIMScheduler"), "num_train_timesteps": .integer(1000),
        "beta_schedule": .string("scaled_linear"), "beta_start": .number(0.00085),
        "beta_end": .number(0.012), "prediction_type": .string("v_prediction"),
        "clip_sample": .bool(false), "set_alpha_to_one": .bool(false),
        "steps_offset": .integer(1), "timestep_spacing": .string("leading"),
    ]

    /// The same noise, shifted so that nothing of the signal is left at the last timestep.
    ///
    /// Sampling then begins there (Lin and others 2023, arXiv 2305.08891): for weights that are
    /// trained from the start. Otherwise a little of a picture's mean colour is left there in
    /// training, the network learns to read it, and in sampling it reads grey out of pure noise.
    static let scheduleFromPureNoise = schedule.merging([
        "rescale_betas_zero_snr": .bool(true), "timestep_spacing": .string("trailing"),
        "steps_offset": .integer(0),
    ]) { $1 }

    /// The config with the keys that say what it is of, and those whose default is not diffusers'.
    package static func completed(_ config: ConfigObject) -> ConfigObject {
        var values = config.values
        let defaults: [String: JSONValue] = [
            "_class_name": .string(className), "out_channels": .integer(4),
            "cross_attention_dim": .integer(768), "max_frames": .integer(16),
            "temporal_kernel_size": .integer(3),
        ]
        for (key, value) in defaults where !config.contains(key) { values[key] = value }
        if !config.contains("in_channels"), case .integer(let latent)? = values["out_channels"],
            (1...latentChannelsMax).contains(latent)
        {
            values["in_channels"] = .integer(inputChannels(latent: latent))
        }
        return ConfigObject(values, label: config.label)
    }
}

extension Gen1UNet {
    /// Whether a parameter belongs to the layers along time, which an image UNet does not have.
    package static func isTemporal(_ key: String) -> Bool {
        key.split(separator: ".").contains { $0.hasPrefix("temporal_") }
    }
}

extension CheckpointComponent {
    /// The UNet that a user means by a folder: a whole model's, or the folder itself.
    ///
    /// - Parameter path: A checkpoint folder or a UNet's own.
    /// - Returns: The component.
    /// - Throws: `CheckpointError` if the system does not say what is there.
    package static func unet(at path: String) throws(CheckpointError) -> CheckpointComponent {
        let inner = "\(path)/unet"
        let status = try CheckpointError.reading(inner) { () throws(FileError) in
            try SystemFile.status(of: inner)
        }
        return CheckpointComponent(name: "unet", path: status?.isFolder == true ? inner : path)
    }
}
