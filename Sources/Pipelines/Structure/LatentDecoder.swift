import Models
package import Tensors

/// Turns latents into pictures, each frame once.
package struct LatentDecoder: Sendable {
    private let decoder: AutoencoderDecoder
    private let backend: any Backend

    package init(_ autoencoder: Autoencoder, on backend: any Backend) {
        decoder = autoencoder.decoder
        self.backend = backend
    }

    /// - Parameter latents: Scaled, `[F, h, w, C]`.
    /// - Returns: `[F, H, W, 3]`, in [-1, 1] but for overshoot.
    /// - Throws: `NetworkInputError`, `BackendError`.
    package func frames(of latents: HostTensor) throws -> HostTensor {
        var values: [Float] = []
        var shape = latents.shape
        for frame in 0..<latents.shape[0] {
            let latent = backend.upload(latents.outer(frame..<frame + 1))
            let picture = try decoder(latent.scaled(by: 1 / decoder.config.scalingFactor))
            let host = try picture.download()
            values += host.values
            shape = host.shape
        }
        return HostTensor(values, Shape([latents.shape[0]] + shape.dimensions.dropFirst()))
    }
}
