/// A convolution that the suites try: its extent, what may be fused with it, and what it gives.
struct ConvolutionCase: Sendable {
    var images = 1
    var height: Int
    var width: Int
    var inputs: Int
    var outputs: Int
    var kernel = 3
    var stride = 1
    var padding = Padding(1)
    var enlarged: (Int, Int)?
    /// Nil for a plain convolution; else with activation, residual and as many image biases.
    var biases: Int?

    var detail: String {
        var text = "\(images)x\(height)x\(width)x\(inputs)->\(outputs)"
        text += " kernel \(kernel) stride \(stride)"
        if let enlarged { text += " enlarged to \(enlarged.0)x\(enlarged.1)" }
        if let biases { text += " fused with \(biases) biases" }
        return text
    }

    /// Of input, weight and bias; then of image biases and residual, if they are fused.
    var shapes: [Shape] {
        let size = outputSize
        let plain: [Shape] = [
            [images, height, width, inputs], [outputs, inputs, kernel, kernel], [outputs],
        ]
        guard let biases else { return plain }
        return plain + [[biases, outputs], [images, size.height, size.width, outputs]]
    }

    private var geometry: ConvolutionGeometry {
        ConvolutionGeometry(
            kernelHeight: kernel,
            kernelWidth: kernel,
            stride: stride,
            padding: padding
        )
    }

    private var outputSize: (height: Int, width: Int) {
        geometry.outputSize(height: enlarged?.0 ?? height, width: enlarged?.1 ?? width)
    }

    /// Runs it.
    ///
    /// - Parameters:
    ///   - backend: The device.
    ///   - weight: As a checkpoint stores it.
    ///   - bias: Like the weight.
    ///   - tensor: The operand of an index, as `shapes` counts them.
    /// - Returns: What it gave.
    func result(
        on backend: any Backend,
        weight: StoredTensor,
        bias: StoredTensor,
        _ tensor: (Int) -> Tensor
    ) -> Tensor {
        let parameters = backend.prepareConvolution(
            weight: weight,
            bias: bias,
            stride: stride,
            padding: padding
        )
        var options = ConvolutionOptions(enlargedTo: enlarged)
        if biases != nil {
            options.imageBias = tensor(3)
            options.residual = tensor(4)
            options.activation = .silu
        }
        return tensor(0).convolve(parameters, options)
    }

    /// What it should give of operands in the order of `shapes`.
    func reference(_ operands: [Reference]) -> Reference {
        var input = operands[0]
        if let (height, width) = enlarged {
            input = input.resized(height: height, width: width, .nearest)
        }
        var expected = input.convolved(operands[1], operands[2], geometry)
        guard let biases else { return expected }
        let imageCount = expected.shape.count / images
        for index in expected.values.indices {
            let image = biases == 1 ? 0 : index / imageCount
            expected.values[index] += operands[3].values[image * outputs + index % outputs]
        }
        return expected.activated(.silu).plus(operands[4])
    }
}

/// Attention that the suites try: its extent, its mask, and what it gives.
struct AttentionCase: Sendable {
    var batch = 1
    var queries: Int
    var keys: Int
    var heads: Int
    var width: Int
    var keyBatch: Int?
    var isCausal = false
    var isMasked = false

    var detail: String {
        var text = "\(batch)x\(queries)x\(keys) heads \(heads) width \(width)"
        if let keyBatch { text += " keys of batch \(keyBatch)" }
        if isCausal { text += " causal" }
        if isMasked { text += " masked" }
        return text
    }

    var channels: Int { heads * width }

    /// Of queries, keys and values.
    var shapes: [Shape] {
        let memory: Shape = [keyBatch ?? batch, keys, channels]
        return [[batch, queries, channels], memory, memory]
    }

    /// Of an additive mask.
    var maskShape: Shape { [batch, queries, keys] }

    var scale: Float { Float(1 / Double(width).squareRoot()) }

    /// What the operation takes; `values` are those of an additive mask.
    func mask(_ values: HostTensor, on backend: any Backend) -> AttentionMask {
        isCausal ? .causal : isMasked ? .additive(backend.upload(values)) : .none
    }

    /// What it should give of queries, keys and values.
    func reference(_ operands: [Reference], mask: HostTensor) -> Reference {
        Reference.attention(
            operands[0],
            operands[1],
            operands[2],
            heads: heads,
            scale: Double(scale),
            isCausal: isCausal,
            mask: isMasked ? Reference(mask) : nil
        )
    }
}
