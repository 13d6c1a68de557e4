import Tensors

extension Tensor {
    /// Puts `token` `[1, C]` before the tokens of each image.
    ///
    /// - Parameter token: The class token.
    /// - Returns: `[N, T + 1, C]` for `[N, T, C]`.
    func prependingToken(_ token: Tensor) -> Tensor {
        let (batch, tokens, channels) = (shape[0], shape[1], shape[2])
        let rows = reshaped([batch * tokens, channels])
        var parts: [Tensor] = []
        for image in 0..<batch {
            parts += [token, rows.outer(image * tokens..<(image + 1) * tokens)]
        }
        return backend.concatenateOuter(parts).reshaped([batch, tokens + 1, channels])
    }

    /// Token `index` of each image, `count` times one after the other: `[N · count, C]`.
    func token(_ index: Int, repeated count: Int = 1) -> Tensor {
        let tokens = shape[1]
        let indices = (0..<shape[0] * count).map { $0 / count * tokens + index }
        return backend.gather(reshaped([shape[0] * tokens, shape[2]]), indices)
    }

    /// The tokens of each image without the first: `[N, T - 1, C]`.
    var withoutFirstToken: Tensor {
        let (batch, tokens, channels) = (shape[0], shape[1], shape[2])
        let rows = reshaped([batch * tokens, channels])
        let indices = (0..<batch * tokens).filter { $0 % tokens != 0 }
        return backend.gather(rows, indices).reshaped([batch, tokens - 1, channels])
    }
}
