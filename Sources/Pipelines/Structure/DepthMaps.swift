package import Models
package import Tensors

/// Estimates the depth of pictures, one at a time.
package struct DepthMaps: Sendable {
    private let estimator: DepthEstimator
    private let preprocessor: DPTPreprocessor
    private let backend: any Backend

    /// - Parameters:
    ///   - estimator: The network.
    ///   - preprocessor: What is done to a picture before.
    ///   - backend: Where the network is.
    package init(
        _ estimator: DepthEstimator,
        _ preprocessor: DPTPreprocessor,
        on backend: any Backend
    ) {
        self.estimator = estimator
        self.preprocessor = preprocessor
        self.backend = backend
    }

    /// Relative inverse depth, `[count, height, width]`, brought to the pictures' size as the
    /// reference's post-processing does.
    ///
    /// - Parameters:
    ///   - pictures: The pictures.
    ///   - willStart: Called before each with its number; throws to stop.
    /// - Returns: The maps.
    /// - Throws: `NetworkInputError`, `BackendError`, or what `willStart` throws.
    package func callAsFunction(
        _ pictures: Pictures,
        willStart: (Int) throws -> Void = { _ in }
    ) throws -> HostTensor {
        var values: [Float] = []
        values.reserveCapacity(pictures.count * pictures.height * pictures.width)
        for index in 0..<pictures.count {
            try willStart(index)
            let pixels = preprocessor(pictures.image(index))
            let shape = Shape([1] + pixels.shape.dimensions)
            let map = try estimator(backend.upload(pixels.reshaped(shape)))
            let sized = backend.resize(
                map,
                height: pictures.height,
                width: pictures.width,
                .bicubic
            )
            values += try sized.download().values
        }
        return HostTensor(values, Shape([pictures.count, pictures.height, pictures.width]))
    }
}
