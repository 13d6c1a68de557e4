package import Diffusion
package import Models
package import Tensors

/// A gen1 model's folder, of which each part is loaded when it is needed.
package struct Gen1Model: Sendable {
    package let folder: CheckpointFolder
    package let backend: any Backend
    /// Channels of its latents.
    package let latentChannels: Int
    private let variant: String?

    /// - Throws: `InputError` if the folder's UNet is not gen1, `CheckpointError`.
    package init(
        _ folder: CheckpointFolder,
        on backend: any Backend,
        variant: String? = nil
    ) throws {
        self.folder = folder
        self.backend = backend
        self.variant = variant
        let unet = try folder.component("unet")
        guard try unet.kind() == .gen1 else {
            throw InputError(
                "\(unet.path): expected a \(Gen1Config.className), found a \(try unet.className())"
            )
        }
        latentChannels = try Gen1Config(unet.config()).latentChannels
    }

    package func network() throws -> Gen1UNet {
        try folder.component("unet").load(on: backend, variant: variant) { config, weights in
            try Gen1UNet(Gen1Config(config), weights)
        }
    }

    /// The folder's scheduler.
    ///
    /// - Throws: `ConfigError` if it is one of networks that predict something other than v, such
    ///   as the one of an image model that gen1 was put beside.
    package func schedule() throws -> SchedulerConfig {
        let object = try folder.component("scheduler").config("scheduler_config.json")
        let config = try SchedulerConfig(reading: object)
        guard config.prediction == .velocity else {
            throw object.unsupported("prediction_type", "gen1 predicts v (v_prediction)")
        }
        return config
    }

    /// Whether the folder has an autoencoder of gen1's latents, without reading its weights.
    ///
    /// - Throws: `ConfigError`, also if its latents are others, and `CheckpointError`.
    package func checkAutoencoder() throws {
        let vae = try folder.component("vae")
        try AutoencoderConfig(vae.config()).check(latents: latentChannels, path: vae.path)
    }

    package func autoencoder() throws -> Autoencoder {
        try checkAutoencoder()
        return try folder.component("vae").loadAutoencoder(on: backend, variant: variant)
    }

    package func depthEstimator() throws -> DepthEstimator {
        try folder.component("depth_estimator").load(on: backend, variant: variant) {
            config,
            weights in
            try DepthEstimator(DPTConfig(config), weights)
        }
    }
}
