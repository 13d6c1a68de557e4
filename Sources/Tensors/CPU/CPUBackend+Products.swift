import CKernels

extension CPUBackend {
    package func linear(
        _ x: Tensor,
        _ parameters: LinearParameters,
        activation: Activation,
        residual: Tensor?
    ) -> Tensor {
        check(x, parameters.inputs)
        let packed = packed(parameters.prepared)
        precondition(unsafe !packed.matrix.gated, "a gated matrix needs gatedLinear")
        let result = allocate(Shape(x.shape.dimensions.dropLast() + [parameters.outputs]))
        var epilogue = unsafe epilogue(packed, activation, residual, result.shape)
        unsafe multiply(plainRows(x), packed, &epilogue, result)
        return result
    }

    package func linear(joining parts: [Tensor], _ parameters: LinearParameters) -> Tensor {
        guard parts.count == 2 else {
            return linear(
                concatenateChannels(parts),
                parameters,
                activation: .identity,
                residual: nil
            )
        }
        let (shape, channels) = joined(parts)
        precondition(
            channels == parameters.inputs,
            "an input of \(shape) for weights of \(parameters.inputs) input channels"
        )
        let packed = packed(parameters.prepared)
        precondition(unsafe !packed.matrix.gated, "a gated matrix needs gatedLinear")
        let result = allocate(Shape(shape.dimensions.dropLast() + [parameters.outputs]))
        var epilogue = unsafe epilogue(packed, .identity, nil, result.shape)
        var rows = unsafe plainRows(parts[0])
        unsafe rows.kind = WEFT_ROWS_JOINED
        unsafe rows.more = unsafe pointer(parts[1])
        unsafe rows.more_channels = Int64(parts[1].shape[-1])
        unsafe multiply(rows, packed, &epilogue, result)
        return result
    }

    package func gatedLinear(_ x: Tensor, _ parameters: LinearParameters) -> Tensor {
        check(x, parameters.inputs)
        let packed = packed(parameters.prepared)
        precondition(unsafe packed.matrix.gated, "gatedLinear needs a gated matrix")
        let result = allocate(Shape(x.shape.dimensions.dropLast() + [parameters.outputs / 2]))
        var epilogue = unsafe epilogue(packed, .identity, nil, result.shape)
        unsafe multiply(plainRows(x), packed, &epilogue, result)
        return result
    }

    package func convolve(
        _ x: Tensor,
        _ parameters: ConvolutionParameters,
        _ options: ConvolutionOptions
    ) -> Tensor {
        precondition(x.shape.rank == 4, "convolve needs [N, H, W, C], not \(x.shape)")
        check(x, parameters.inputs)
        let geometry = parameters.geometry
        let (images, height, width) = (x.shape[0], x.shape[1], x.shape[2])
        let (enlargedHeight, enlargedWidth) = options.enlargedTo ?? (height, width)
        let output = geometry.outputSize(height: enlargedHeight, width: enlargedWidth)
        precondition(
            output.height > 0 && output.width > 0,
            "a kernel of \(geometry.kernelHeight) x \(geometry.kernelWidth) exceeds \(x.shape)"
        )
        let result = allocate([images, output.height, output.width, parameters.outputs])
        let packed = packed(parameters.prepared)
        var epilogue = unsafe epilogue(packed, options.activation, options.residual, result.shape)
        if let bias = options.imageBias {
            precondition(
                bias.count == parameters.outputs || bias.count == images * parameters.outputs,
                "an image bias of \(bias.shape) for a result of \(result.shape)"
            )
            unsafe epilogue.image_bias = unsafe pointer(bias)
            unsafe epilogue.image_bias_count = Int64(bias.count / parameters.outputs)
            unsafe epilogue.rows_per_image = Int64(output.height * output.width)
        }
        var rows = unsafe imageRows(x, geometry, enlarged: (enlargedHeight, enlargedWidth))
        let algorithm = algorithm(
            for: ConvolutionSize(
                geometry,
                inputs: parameters.inputs,
                outputs: parameters.outputs,
                images: images,
                height: output.height,
                width: output.width
            )
        )
        guard options.enlargedTo != nil else {
            unsafe multiply(rows, packed, &epilogue, result, algorithm)
            return result
        }
        let rowMap = nearestMap(from: height, to: enlargedHeight)
        let columnMap = nearestMap(from: width, to: enlargedWidth)
        unsafe rowMap.withUnsafeBufferPointer { rowMap in
            unsafe columnMap.withUnsafeBufferPointer { columnMap in
                unsafe rows.row_map = rowMap.baseAddress
                unsafe rows.column_map = columnMap.baseAddress
                unsafe multiply(rows, packed, &epilogue, result, algorithm)
            }
        }
        return result
    }

    package func convolveTemporal(
        _ x: Tensor,
        _ parameters: TemporalConvolutionParameters,
        residual: Tensor?
    ) -> Tensor {
        precondition(x.shape.rank == 5, "convolveTemporal needs [B, F, H, W, C], not \(x.shape)")
        check(x, parameters.inputs)
        let result = allocate(Shape(x.shape.dimensions.dropLast() + [parameters.outputs]))
        let packed = packed(parameters.prepared)
        var epilogue = unsafe epilogue(packed, .identity, residual, result.shape)
        let rows = unsafe frameRows(x, taps: parameters.taps)
        unsafe multiply(rows, packed, &epilogue, result)
        return result
    }

    // MARK: Parts

    private func check(_ x: Tensor, _ inputs: Int) {
        precondition(
            x.shape.rank > 0 && x.shape[-1] == inputs,
            "an input of \(x.shape) for weights of \(inputs) input channels"
        )
    }

    func plainRows(_ x: Tensor) -> weft_rows {
        var rows = unsafe weft_rows()
        unsafe rows.kind = WEFT_ROWS_PLAIN
        unsafe rows.x = unsafe pointer(x)
        unsafe rows.channels = Int64(x.shape[-1])
        return unsafe rows
    }

    /// Rows of a convolution over `x` `[N, H, W, C]` enlarged to a size; the maps are not set.
    func imageRows(
        _ x: Tensor,
        _ geometry: ConvolutionGeometry,
        enlarged: (height: Int, width: Int)
    ) -> weft_rows {
        let output = geometry.outputSize(height: enlarged.height, width: enlarged.width)
        var rows = unsafe weft_rows()
        unsafe rows.kind = WEFT_ROWS_IMAGE
        unsafe rows.x = unsafe pointer(x)
        unsafe rows.channels = Int64(x.shape[3])
        unsafe rows.in_height = Int64(x.shape[1])
        unsafe rows.in_width = Int64(x.shape[2])
        unsafe rows.enlarged_height = Int64(enlarged.height)
        unsafe rows.enlarged_width = Int64(enlarged.width)
        unsafe rows.out_height = Int64(output.height)
        unsafe rows.out_width = Int64(output.width)
        unsafe rows.kernel_height = Int64(geometry.kernelHeight)
        unsafe rows.kernel_width = Int64(geometry.kernelWidth)
        unsafe rows.stride = Int64(geometry.stride)
        unsafe rows.pad_top = Int64(geometry.padding.top)
        unsafe rows.pad_left = Int64(geometry.padding.left)
        return unsafe rows
    }

    /// Rows of a convolution along the frames of `x` `[B, F, H, W, C]`.
    func frameRows(_ x: Tensor, taps: Int) -> weft_rows {
        var rows = unsafe weft_rows()
        unsafe rows.kind = WEFT_ROWS_FRAMES
        unsafe rows.x = unsafe pointer(x)
        unsafe rows.channels = Int64(x.shape[4])
        unsafe rows.frames = Int64(x.shape[1])
        unsafe rows.pixels = Int64(x.shape[2] * x.shape[3])
        unsafe rows.taps = Int64(taps)
        return unsafe rows
    }

    func epilogue(
        _ packed: PackedMatrix,
        _ activation: Activation,
        _ residual: Tensor?,
        _ shape: Shape
    ) -> weft_epilogue {
        var epilogue = unsafe weft_epilogue()
        unsafe epilogue.bias = unsafe UnsafePointer(packed.bias)
        unsafe epilogue.activation = activation.rawValue
        if let residual {
            precondition(
                residual.count == shape.count,
                "a residual of \(residual.shape) for a result of \(shape)"
            )
            unsafe epilogue.residual = unsafe pointer(residual)
        }
        return unsafe epilogue
    }

    func multiply(
        _ rows: weft_rows,
        _ packed: PackedMatrix,
        _ epilogue: inout weft_epilogue,
        _ result: Tensor,
        _ algorithm: ConvolutionAlgorithm = .direct
    ) {
        var rows = unsafe rows
        var matrix = unsafe packed.matrix
        let count = Int64(result.count / max(1, result.shape[-1]))
        guard algorithm != .direct else {
            unsafe weft_product(pool, &rows, count, &matrix, &epilogue, mutable(result))
            return
        }
        let edge = Int64(algorithm.tileEdge)
        unsafe weft_winograd(pool, &rows, count, &matrix, &epilogue, edge, mutable(result))
    }
}

/// Source index of each target index when nearest neighbour enlarges `count` to `target`, as
/// PyTorch's `interpolate` has it.
func nearestMap(from count: Int, to target: Int) -> [Int32] {
    let scale = Float(count) / Float(target)
    return (0..<target).map { Int32(min(Int(Float($0) * scale), count - 1)) }
}
