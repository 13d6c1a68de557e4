// What derivatives take and give on every device, as `ShapeBackend` has it of the forward
// operations: devices check their operands here and nowhere else. Wrong shapes are a wrong program.
extension DifferentiableBackend {
    // MARK: Sums in place

    package func checkSum(of source: Tensor, into target: Tensor) {
        precondition(source.count == target.count, "\(source.shape) into \(target.shape)")
    }

    package func checkColumns(of source: Tensor, into target: Tensor, column: Int) {
        let (width, channels) = (source.shape[-1], target.shape[-1])
        precondition(
            column >= 0 && column + width <= channels
                && source.count / width == target.count / channels,
            "\(source.shape) into columns of \(target.shape) from \(column) on"
        )
    }

    package func checkRows(of source: Tensor, into target: Tensor, at indices: [Int]) {
        let channels = target.shape[-1]
        let rows = 0..<(target.count / channels)
        precondition(
            source.count == indices.count * channels && indices.allSatisfy(rows.contains),
            "\(source.shape) into rows \(indices) of \(target.shape)"
        )
    }

    /// How many rows of how many channels are summed, and into how many rows of how many.
    package func rowSums(
        of x: Tensor,
        column: Int,
        repeats: Int,
        into table: Tensor
    ) -> (rows: Int, channels: Int, tableRows: Int, columns: Int) {
        let (channels, columns) = (x.shape[-1], table.shape[-1])
        precondition(
            column >= 0 && column + columns <= channels && repeats > 0,
            "rows of \(x.shape) from column \(column) on into \(table.shape)"
        )
        return (x.count / channels, channels, table.count / columns, columns)
    }

    // MARK: Products

    /// The shape of transposed kernels of these parts.
    package func transposedShape(_ parts: [Tensor]) -> Shape {
        let first = parts[0].shape.dimensions
        for part in parts {
            precondition(
                part.shape.dimensions.dropFirst() == first.dropFirst(),
                "kernels of \(part.shape) beside \(parts[0].shape)"
            )
        }
        return Shape([first[1], parts.reduce(0) { $0 + $1.shape[0] }] + first.dropFirst(2))
    }

    package func checkInput(
        height: Int,
        width: Int,
        _ geometry: ConvolutionGeometry,
        gradient: Tensor
    ) {
        precondition(
            geometry.outputSize(height: height, width: width)
                == (gradient.shape[1], gradient.shape[2]),
            "a gradient of \(gradient.shape) for an input of \(height) x \(width)"
        )
    }

    /// Outputs of all parts that a gradient's columns are stacked of.
    package func stackedOutputs(
        _ parts: [(outputs: Int, tensor: Tensor?)],
        gradient: Tensor
    ) -> Int {
        let outputs = parts.reduce(0) { $0 + $1.outputs }
        precondition(
            gradient.shape[-1] == outputs,
            "a gradient of \(gradient.shape) for \(outputs) outputs"
        )
        return outputs
    }

    // MARK: Movement

    /// What each position of an input of this size gave to outputs, it gets back from them with
    /// the same weights.
    package func adjointTaps(
        height: Int,
        width: Int,
        _ filter: ResizeFilter,
        gradient: Tensor
    ) -> (rows: ResizeTaps, columns: ResizeTaps) {
        let shape = gradient.shape
        precondition(shape.rank == 4, "a gradient of \(shape) for an image")
        return (
            ResizeTaps(from: height, to: shape[1], filter).adjoint(of: height),
            ResizeTaps(from: width, to: shape[2], filter).adjoint(of: width)
        )
    }

    // MARK: Pointwise

    package func checkGradient(_ gradient: Tensor, of x: Tensor) {
        precondition(gradient.count == x.count, "a gradient \(gradient.shape) of \(x.shape)")
    }

    /// Columns of each half of `[..., value | gate]`.
    package func gateColumns(_ x: Tensor) -> Int {
        precondition(x.shape[-1] > 0 && x.shape[-1] % 2 == 0, "a gate of \(x.shape)")
        return x.shape[-1] / 2
    }

    /// The same where the gradient of the gate's result is at hand.
    package func gateColumns(_ x: Tensor, gradient: Tensor) -> Int {
        precondition(
            2 * gradient.count == x.count,
            "a gradient \(gradient.shape) of the gate of \(x.shape)"
        )
        return gateColumns(x)
    }

    // MARK: Norms

    package func checkGroups(_ x: Tensor, groups: Int) {
        precondition(
            x.shape.rank >= 2 && x.shape[-1] % groups == 0,
            "group norm of \(x.shape) in \(groups) groups"
        )
    }

    package func checkNorm(_ x: Tensor, _ parameters: NormParameters, gradient: Tensor) {
        let channels = x.shape[-1]
        precondition(
            x.count > 0 && parameters.scale.count == channels
                && parameters.shift.count == channels && gradient.count == x.count,
            "the gradient \(gradient.shape) of a norm of \(x.shape) with "
                + "\(parameters.scale.count) scales"
        )
    }

    // MARK: Attention

    /// Tensors for the gradients of `attention` and `temporalAttention`.
    package func attentionGradients(
        query: AttentionOperand,
        key: AttentionOperand,
        output: Tensor,
        gradient: Tensor
    ) -> AttentionGradients {
        let (queries, keys) = (dense(query), dense(key))
        check(output, gradient, queries)
        return AttentionGradients(
            query: allocate(queries),
            key: allocate(keys),
            value: allocate(keys)
        )
    }

    /// Without the columns around an operand's own.
    private func dense(_ operand: AttentionOperand) -> Shape {
        operand.tensor.shape.replacing(last: operand.width)
    }

    private func check(_ output: Tensor, _ gradient: Tensor, _ shape: Shape) {
        precondition(
            output.count == shape.count && gradient.count == shape.count && shape.count > 0,
            "an output of \(output.shape) and its gradient \(gradient.shape), not \(shape)"
        )
    }

    // MARK: Optimisation

    package func checkUpdate(of value: Tensor, with others: [Tensor]) {
        for tensor in others {
            precondition(
                tensor.count == value.count,
                "an update of \(value.shape) meets \(tensor.shape)"
            )
        }
    }
}
