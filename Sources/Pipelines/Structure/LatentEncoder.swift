import Models
package import Tensors

/// Turns pictures and depth into the latents that gen1 reads.
package struct LatentEncoder: Sendable {
    private let encoder: AutoencoderEncoder
    private let backend: any Backend

    package init(_ autoencoder: Autoencoder, on backend: any Backend) {
        encoder = autoencoder.encoder
        self.backend = backend
    }

    /// Scaled latents of pictures, the mean of the posterior: a sample would differ between
    /// windows.
    ///
    /// - Parameter frames: `[F, H, W, 3]` in [-1, 1].
    /// - Returns: `[F, h, w, C]`.
    /// - Throws: `NetworkInputError` if the size does not fit, `BackendError`.
    package func latents(of frames: HostTensor) throws -> HostTensor {
        let frameCount = frames.shape[0]
        let size = frames.shape.count / max(1, frameCount)
        var values: [Float] = []
        var shape = frames.shape
        // One frame at a time: the encoder's activations are far larger than its result.
        for frame in 0..<frameCount {
            let slice = HostTensor(
                Array(frames.values[frame * size..<(frame + 1) * size]),
                Shape([1] + frames.shape.dimensions.dropFirst())
            )
            let mean = try encoder(backend.upload(slice)).mean
            let latent = try mean.scaled(by: encoder.config.scalingFactor).download()
            values += latent.values
            shape = latent.shape
        }
        return HostTensor(values, Shape([frameCount] + shape.dimensions.dropFirst()))
    }

    /// The structure input: depth of a whole shot's range, its detail reduced, encoded as a picture
    /// of three equal channels.
    ///
    /// - Parameters:
    ///   - depth: Relative inverse depth of some frames, `[F, H, W]`.
    ///   - range: Over the whole shot.
    ///   - level: t_s.
    /// - Returns: `[F, h, w, C]`.
    /// - Throws: As `latents(of:)`.
    package func structure(
        ofDepth depth: HostTensor,
        range: DepthRange,
        level: StructureLevel
    ) throws -> HostTensor {
        try latents(of: level.picture(of: range.normalised(depth)))
    }
}
