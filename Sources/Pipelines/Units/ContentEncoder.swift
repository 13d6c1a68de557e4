package import Models
package import Tensors

/// A frozen CLIP image encoder with its preprocessing, as inference uses it.
package struct ContentEncoder: Sendable {
    private let encoder: CLIPImageEncoder
    private let preprocessor: CLIPPreprocessor
    private let backend: any Backend

    /// - Parameters:
    ///   - encoder: The network.
    ///   - preprocessor: What is done to a picture before.
    ///   - backend: Where the network is.
    package init(
        _ encoder: CLIPImageEncoder,
        _ preprocessor: CLIPPreprocessor,
        on backend: any Backend
    ) {
        self.encoder = encoder
        self.preprocessor = preprocessor
        self.backend = backend
    }

    /// D.
    package var channels: Int { encoder.config.projectionChannels }

    /// The embedding of one of some pictures, `[D]`, not normalised.
    package func embedding(of pictures: Pictures, _ index: Int) throws -> HostTensor {
        let pixels = preprocessor(pictures.image(index))
        let batch = backend.upload(pixels.reshaped(Shape([1] + pixels.shape.dimensions)))
        return try encoder(batch).embeddings.download().reshaped([channels])
    }
}
