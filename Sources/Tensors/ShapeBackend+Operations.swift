// The operations: shapes in, shapes out.
extension ShapeBackend {
    package func linear(
        _ x: Tensor,
        _ parameters: LinearParameters,
        activation: Activation,
        residual: Tensor?
    ) -> Tensor {
        let result = product(x, parameters)
        checkResidual(residual, result.shape)
        return result
    }

    package func linear(joining parts: [Tensor], _ parameters: LinearParameters) -> Tensor {
        let shape = joined(parts)
        precondition(
            shape[-1] == parameters.inputs,
            "rows of \(parameters.inputs) expected, found \(shape)"
        )
        count(operations: 2 * shape.count * parameters.outputs)
        return allocate(shape.replacing(last: parameters.outputs))
    }

    package func gatedLinear(_ x: Tensor, _ parameters: LinearParameters) -> Tensor {
        precondition(parameters.outputs % 2 == 0, "\(parameters.outputs) is not [value | gate]")
        let both = product(x, parameters).shape
        return allocate(both.replacing(last: parameters.outputs / 2))
    }

    private func product(_ x: Tensor, _ parameters: LinearParameters) -> Tensor {
        precondition(
            x.shape.rank >= 1 && x.shape[-1] == parameters.inputs,
            "rows of \(parameters.inputs) expected, found \(x.shape)"
        )
        count(operations: 2 * x.count * parameters.outputs)
        return allocate(x.shape.replacing(last: parameters.outputs))
    }

    package func convolve(
        _ x: Tensor,
        _ parameters: ConvolutionParameters,
        _ options: ConvolutionOptions
    ) -> Tensor {
        precondition(
            x.shape.rank == 4 && x.shape[3] == parameters.inputs,
            "[N, H, W, \(parameters.inputs)] expected, found \(x.shape)"
        )
        let geometry = parameters.geometry
        let size = options.enlargedTo ?? (height: x.shape[1], width: x.shape[2])
        precondition(
            size.height >= x.shape[1] && size.width >= x.shape[2],
            "\(x.shape) is not enlarged by \(size)"
        )
        precondition(
            size.height + geometry.padding.top + geometry.padding.bottom >= geometry.kernelHeight
                && size.width + geometry.padding.left + geometry.padding.right
                    >= geometry.kernelWidth,
            "\(x.shape) is smaller than the kernel"
        )
        let output = geometry.outputSize(height: size.height, width: size.width)
        let shape: Shape = [x.shape[0], output.height, output.width, parameters.outputs]
        if let bias = options.imageBias {
            precondition(
                bias.shape == [x.shape[0], parameters.outputs]
                    || bias.shape == [1, parameters.outputs],
                "a bias of \(bias.shape) for \(shape)"
            )
        }
        checkResidual(options.residual, shape)
        let taps = geometry.kernelHeight * geometry.kernelWidth
        count(operations: 2 * shape.count * parameters.inputs * taps)
        return allocate(shape)
    }

    package func convolveTemporal(
        _ x: Tensor,
        _ parameters: TemporalConvolutionParameters,
        residual: Tensor?
    ) -> Tensor {
        precondition(
            x.shape.rank == 5 && x.shape[4] == parameters.inputs,
            "[B, F, H, W, \(parameters.inputs)] expected, found \(x.shape)"
        )
        let shape = x.shape.replacing(last: parameters.outputs)
        checkResidual(residual, shape)
        count(operations: 2 * shape.count * parameters.inputs * parameters.taps)
        return allocate(shape)
    }

    package func attention(
        query: AttentionOperand,
        key: AttentionOperand,
        value: AttentionOperand,
        heads: Int,
        scale: Float,
        mask: AttentionMask
    ) -> Tensor {
        let q = query.tensor.shape
        let k = key.tensor.shape
        precondition(
            q.rank == 3 && k.rank == 3 && value.tensor.shape.rank == 3
                && k[0] == value.tensor.shape[0] && k[1] == value.tensor.shape[1]
                && (k[0] == q[0] || k[0] == 1),
            "queries \(q), keys \(k), values \(value.tensor.shape)"
        )
        checkHeads(query, key, value, heads)
        switch mask {
        case .none: break
        case .causal: precondition(q[1] == k[1], "a causal mask of \(q[1]) by \(k[1])")
        case .additive(let tensor):
            precondition(
                tensor.shape == [q[0], q[1], k[1]] || tensor.shape == [1, q[1], k[1]],
                "a mask of \(tensor.shape) for queries \(q) and keys \(k)"
            )
        }
        count(operations: 4 * q[0] * q[1] * k[1] * query.width)
        return allocate([q[0], q[1], query.width])
    }

    package func temporalAttention(
        query: AttentionOperand,
        key: AttentionOperand,
        value: AttentionOperand,
        heads: Int,
        scale: Float
    ) -> Tensor {
        let q = query.tensor.shape
        for operand in [key, value] {
            let shape = operand.tensor.shape
            precondition(
                q.rank == 4 && shape.rank == 4 && shape[0] == q[0] && shape[1] == q[1]
                    && shape[2] == q[2],
                "queries \(q) against \(shape)"
            )
        }
        checkHeads(query, key, value, heads)
        count(operations: 4 * q[0] * q[1] * q[1] * q[2] * query.width)
        return allocate(q.replacing(last: query.width))
    }

    private func checkResidual(_ residual: Tensor?, _ shape: Shape) {
        guard let residual else { return }
        precondition(residual.shape == shape, "a residual of \(residual.shape) for \(shape)")
    }
}

// MARK: Norms, pointwise and movement
extension ShapeBackend {
    package func groupNorm(
        _ x: Tensor,
        _ parameters: NormParameters,
        groups: Int,
        activation: Activation
    ) -> Tensor {
        precondition(
            x.shape.rank >= 2 && groups > 0 && x.shape[-1] % groups == 0,
            "\(groups) groups of \(x.shape)"
        )
        return layerNorm(x, parameters)
    }

    package func groupNorm(
        joining parts: [Tensor],
        _ parameters: NormParameters,
        groups: Int,
        activation: Activation
    ) -> Tensor {
        let shape = joined(parts)
        precondition(
            shape.rank >= 2 && groups > 0 && shape[-1] % groups == 0
                && parameters.scale.shape == [shape[-1]]
                && parameters.shift.shape == [shape[-1]],
            "\(groups) groups of \(shape) with \(parameters.scale.shape) scales"
        )
        return allocate(shape)
    }

    package func layerNorm(_ x: Tensor, _ parameters: NormParameters) -> Tensor {
        precondition(
            parameters.scale.shape == [x.shape[-1]] && parameters.shift.shape == [x.shape[-1]],
            "scale \(parameters.scale.shape) and shift \(parameters.shift.shape) for \(x.shape)"
        )
        return allocate(x.shape)
    }

    package func activate(_ x: Tensor, _ activation: Activation) -> Tensor { allocate(x.shape) }

    package func combine(_ terms: [(coefficient: Float, tensor: Tensor)]) -> Tensor {
        precondition(!terms.isEmpty, "a sum of nothing")
        let shape = terms[0].tensor.shape
        precondition(
            terms.allSatisfy { $0.tensor.shape == shape },
            "terms of shapes \(terms.map(\.tensor.shape))"
        )
        return allocate(shape)
    }

    package func addRows(_ x: Tensor, _ table: Tensor, repeats: Int) -> Tensor {
        precondition(
            table.shape.rank == 2 && table.shape[0] > 0 && table.shape[1] == x.shape[-1]
                && repeats > 0,
            "rows of \(table.shape), each \(repeats) times, for \(x.shape)"
        )
        return allocate(x.shape)
    }

    package func gather(_ table: Tensor, _ indices: [Int]) -> Tensor {
        precondition(
            table.shape.rank == 2 && indices.allSatisfy { (0..<table.shape[0]).contains($0) },
            "rows \(indices) of \(table.shape)"
        )
        return allocate([indices.count, table.shape[1]])
    }

    package func concatenateChannels(_ parts: [Tensor]) -> Tensor {
        allocate(joined(parts))
    }

    private func joined(_ parts: [Tensor]) -> Shape {
        precondition(!parts.isEmpty, "nothing to join")
        let outer = parts[0].shape.dimensions.dropLast()
        precondition(
            parts.allSatisfy { $0.shape.dimensions.dropLast() == outer },
            "shapes \(parts.map(\.shape)) differ before their channels"
        )
        return parts[0].shape.replacing(last: parts.reduce(0) { $0 + $1.shape[-1] })
    }

    package func concatenateOuter(_ parts: [Tensor]) -> Tensor {
        precondition(!parts.isEmpty, "nothing to join")
        let inner = parts[0].shape.dimensions.dropFirst()
        precondition(
            parts.allSatisfy { $0.shape.dimensions.dropFirst() == inner },
            "shapes \(parts.map(\.shape)) differ behind their first axis"
        )
        return allocate(Shape([parts.reduce(0) { $0 + $1.shape[0] }] + inner))
    }

    package func sliceChannels(_ x: Tensor, _ range: Range<Int>) -> Tensor {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= x.shape[-1],
            "channels \(range) of \(x.shape)"
        )
        return allocate(x.shape.replacing(last: range.count))
    }

    package func permute(_ x: Tensor, _ axes: [Int]) -> Tensor {
        precondition(
            axes.sorted() == Array(0..<x.shape.rank),
            "\(axes) is no permutation of the axes of \(x.shape)"
        )
        return allocate(Shape(axes.map { x.shape[$0] }))
    }

    package func resize(
        _ x: Tensor,
        height: Int,
        width: Int,
        _ filter: ResizeFilter
    ) -> Tensor {
        precondition(
            x.shape.rank == 4 && height > 0 && width > 0,
            "\(x.shape) to \(height) by \(width)"
        )
        return allocate([x.shape[0], height, width, x.shape[3]])
    }

    package func depthToSpace(_ x: Tensor, factor: Int) -> Tensor {
        precondition(
            x.shape.rank == 4 && factor > 0 && x.shape[3] % (factor * factor) == 0,
            "blocks of \(factor) by \(factor) from \(x.shape)"
        )
        return allocate([
            x.shape[0], x.shape[1] * factor, x.shape[2] * factor,
            x.shape[3] / (factor * factor),
        ])
    }
}
