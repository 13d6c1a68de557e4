import CKernels

extension CPUBackend {
    package func groupNorm(
        _ x: Tensor,
        _ parameters: NormParameters,
        groups: Int,
        activation: Activation
    ) -> Tensor {
        let channels = x.shape[-1]
        precondition(
            x.shape.rank >= 2 && channels % groups == 0 && parameters.scale.count == channels,
            "group norm of \(x.shape) in \(groups) groups with \(parameters.scale.count) scales"
        )
        let result = allocate(x.shape)
        guard x.count > 0 else { return result }
        unsafe weft_group_norm(
            pool,
            version,
            pointer(x),
            Int64(x.shape[0]),
            Int64(x.count / x.shape[0] / channels),
            Int64(channels),
            Int64(groups),
            parameters.epsilon,
            pointer(parameters.scale),
            pointer(parameters.shift),
            activation.rawValue,
            mutable(result)
        )
        return result
    }

    package func groupNorm(
        joining parts: [Tensor],
        _ parameters: NormParameters,
        groups: Int,
        activation: Activation
    ) -> Tensor {
        let (shape, channels) = joined(parts)
        guard parts.count == 2, shape.count > 0 else {
            return groupNorm(
                concatenateChannels(parts),
                parameters,
                groups: groups,
                activation: activation
            )
        }
        precondition(
            shape.rank >= 2 && channels % groups == 0 && parameters.scale.count == channels,
            "group norm of \(shape) in \(groups) groups with \(parameters.scale.count) scales"
        )
        let result = allocate(shape)
        unsafe weft_group_norm_joined(
            pool,
            version,
            pointer(parts[0]),
            pointer(parts[1]),
            Int64(parts[0].shape[-1]),
            Int64(shape[0]),
            Int64(shape.count / shape[0] / channels),
            Int64(channels),
            Int64(groups),
            parameters.epsilon,
            pointer(parameters.scale),
            pointer(parameters.shift),
            activation.rawValue,
            mutable(result)
        )
        return result
    }

    /// The shape of tensors that are joined along channels, and its channels.
    func joined(_ parts: [Tensor]) -> (shape: Shape, channels: Int) {
        precondition(!parts.isEmpty, "nothing to join")
        let outer = parts[0].shape.dimensions.dropLast()
        for part in parts {
            precondition(part.shape.dimensions.dropLast() == outer, "\(part.shape) beside \(outer)")
        }
        let channels = parts.reduce(0) { $0 + $1.shape[-1] }
        return (Shape(outer + [channels]), channels)
    }

    package func layerNorm(_ x: Tensor, _ parameters: NormParameters) -> Tensor {
        let channels = x.shape[-1]
        precondition(
            parameters.scale.count == channels,
            "layer norm of \(x.shape) with \(parameters.scale.count) scales"
        )
        let result = allocate(x.shape)
        unsafe weft_layer_norm(
            pool,
            version,
            pointer(x),
            Int64(x.count / channels),
            Int64(channels),
            parameters.epsilon,
            pointer(parameters.scale),
            pointer(parameters.shift),
            mutable(result)
        )
        return result
    }

    package func activate(_ x: Tensor, _ activation: Activation) -> Tensor {
        let result = allocate(x.shape)
        unsafe weft_activate(
            pool,
            version,
            pointer(x),
            Int64(x.count),
            activation.rawValue,
            mutable(result)
        )
        return result
    }

    package func combine(_ terms: [(coefficient: Float, tensor: Tensor)]) -> Tensor {
        precondition((1...8).contains(terms.count), "combine of \(terms.count) terms, 1 to 8 go")
        let shape = terms[0].tensor.shape
        for term in terms {
            precondition(term.tensor.shape == shape, "combine of \(term.tensor.shape) and \(shape)")
        }
        let result = allocate(shape)
        let sources = unsafe terms.map { unsafe Optional(pointer($0.tensor)) }
        let coefficients = terms.map(\.coefficient)
        unsafe sources.withUnsafeBufferPointer { sources in
            unsafe coefficients.withUnsafeBufferPointer { coefficients in
                unsafe weft_combine(
                    pool,
                    version,
                    sources.baseAddress,
                    coefficients.baseAddress,
                    Int64(terms.count),
                    Int64(shape.count),
                    mutable(result)
                )
            }
        }
        return result
    }

    package func addRows(_ x: Tensor, _ table: Tensor, repeats: Int) -> Tensor {
        let channels = x.shape[-1]
        precondition(
            table.shape[-1] == channels && table.count > 0 && repeats > 0,
            "rows of \(table.shape) for \(x.shape)"
        )
        let result = allocate(x.shape)
        unsafe weft_add_rows(
            pool,
            version,
            pointer(x),
            Int64(x.count / channels),
            Int64(channels),
            pointer(table),
            Int64(table.count / channels),
            Int64(repeats),
            mutable(result)
        )
        return result
    }
}
