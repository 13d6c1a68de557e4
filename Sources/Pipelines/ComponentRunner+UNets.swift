package import Models
package import Tensors

extension ComponentRunner {
    /// gen1: `sample`, `structure` `[B, 4, F, H, W]`, `structure_level`, `timestep` `[B]`,
    /// `content` `[B, D]` (absent: the null content), `image_mode` `[1]` optional; gives `v`.
    func runGen1(_ inputs: InputTensors) throws -> ComponentOutputs {
        let sample = try inputs.tensor("sample", rank: 5).videoChannelsLast()
        let structure = try inputs.tensor("structure", rank: 5).videoChannelsLast()
        let levels = try inputs.values("structure_level")
        let timesteps = try inputs.values("timestep")
        let content = try inputs.tensorIfPresent("content", rank: 2)
        let isImage =
            inputs.contains("image_mode") ? try inputs.values("image_mode")[0] != 0 : false
        let part = try component(.unet, .gen1)
        let network = try part.load(on: backend, variant: variant) { config, weights in
            try Gen1UNet(Gen1Config(config), weights)
        }
        let v = try network(
            sample: upload(sample),
            structure: upload(structure),
            structureLevel: levels,
            timesteps: timesteps,
            content: content.map { upload($0) },
            mode: isImage ? .image : .video
        )
        return ComponentOutputs(tensors: ["v": try v.download().videoChannelsFirst()])
    }

    /// The image UNet: `sample` `[B, C, H, W]`, `timestep` `[B]`, `encoder_hidden_states`
    /// `[B, T, D]`, `down_residual.{i}` and `mid_residual` optional; gives `sample`.
    func runImageUNet(_ inputs: InputTensors) throws -> ComponentOutputs {
        let sample = try inputs.tensor("sample", rank: 4).channelsLast()
        let timesteps = try inputs.values("timestep")
        let context = try inputs.tensor("encoder_hidden_states", rank: 3)
        guard !inputs.contains("image_embeds") else {
            throw InputError("image_embeds: this UNet has no image adapter to read them")
        }
        var down: [Tensor] = []
        while let residual = try inputs.tensorIfPresent("down_residual.\(down.count)", rank: 4) {
            down.append(upload(residual.channelsLast()))
        }
        let middle = try inputs.tensorIfPresent("mid_residual", rank: 4)
        let part = try component(.unet2d, .unet2d)
        let network = try part.load(on: backend, variant: variant) { config, weights in
            try UNet2D(UNet2DConfig(config), weights)
        }
        let hasResiduals = !down.isEmpty || middle != nil
        let result = try network(
            upload(sample),
            timesteps: timesteps,
            context: upload(context),
            residuals: hasResiduals
                ? ControlResiduals(down: down, middle: middle.map { upload($0.channelsLast()) })
                : nil
        )
        return ComponentOutputs(tensors: ["sample": try result.download().channelsFirst()])
    }

    /// `image` `[N, 3, H, W]` in [-1, 1]; gives `mean` and `logvar`, before the scaling factor.
    func runEncoder(_ inputs: InputTensors) throws -> ComponentOutputs {
        let image = try inputs.tensor("image", rank: 4).channelsLast()
        let part = try component(.vaeEncoder, .vae)
        let network = try part.loadAutoencoder(on: backend, variant: variant).encoder
        let latents = try network(upload(image))
        return ComponentOutputs(tensors: [
            "mean": try latents.mean.download().channelsFirst(),
            "logvar": try latents.logVariance().channelsFirst(),
        ])
    }

    /// `latent` `[N, 4, h, w]` after division by the scaling factor; gives `image`.
    func runDecoder(_ inputs: InputTensors) throws -> ComponentOutputs {
        let latent = try inputs.tensor("latent", rank: 4).channelsLast()
        let part = try component(.vaeDecoder, .vae)
        let network = try part.loadAutoencoder(on: backend, variant: variant).decoder
        let image = try network(upload(latent))
        return ComponentOutputs(tensors: ["image": try image.download().channelsFirst()])
    }
}

/// Both halves of an autoencoder, which share a file.
package struct Autoencoder: Sendable {
    package let encoder: AutoencoderEncoder
    package let decoder: AutoencoderDecoder

    package init(encoder: AutoencoderEncoder, decoder: AutoencoderDecoder) {
        self.encoder = encoder
        self.decoder = decoder
    }
}

extension CheckpointComponent {
    /// Loads a `vae` component.
    package func loadAutoencoder(
        on backend: any Backend,
        variant: String? = nil
    ) throws -> Autoencoder {
        try load(on: backend, variant: variant) { config, weights in
            let config = try AutoencoderConfig(config)
            return Autoencoder(
                encoder: try AutoencoderEncoder(config, weights),
                decoder: try AutoencoderDecoder(config, weights)
            )
        }
    }
}
