import CKernels

extension CPUBackend {
    package func stored(_ tensor: Tensor, as shape: Shape, name: String) -> StoredTensor {
        precondition(shape.count == tensor.count, "\(tensor.shape) as \(shape)")
        guard let buffer = tensor.buffer as? CPUBuffer else {
            preconditionFailure("a tensor of \(tensor.backend.summary) reached the CPU backend")
        }
        return StoredTensor(
            name: name,
            scalarType: .float32,
            shape: shape,
            region: buffer,
            range: 4 * tensor.offset..<4 * (tensor.offset + tensor.count)
        )
    }

    package func transposedKernels(_ parts: [Tensor]) -> Tensor {
        let shape = transposedShape(parts)
        let (inputs, outputs) = (shape[0], shape[1])
        let result = allocate(shape)
        var first = 0
        for part in parts {
            unsafe weft_flip_kernels(
                pool,
                pointer(part),
                Int64(part.shape[0]),
                Int64(inputs),
                Int64(shape.count / (inputs * outputs)),
                Int64(first),
                Int64(outputs),
                mutable(result)
            )
            first += part.shape[0]
        }
        return result
    }

    package func convolveInputGradient(
        _ gradient: Tensor,
        _ transposed: ConvolutionParameters,
        of geometry: ConvolutionGeometry,
        height: Int,
        width: Int
    ) -> Tensor {
        let shape = gradient.shape
        checkInput(height: height, width: width, geometry, gradient: gradient)
        guard geometry.stride > 1 else { return convolve(gradient, transposed, .init()) }
        // Between the gradient's rows and columns lie those that the steps skipped, of zeros.
        let rowMap = Self.spread(height + geometry.kernelHeight, shape[1], geometry.stride)
        let columnMap = Self.spread(width + geometry.kernelWidth, shape[2], geometry.stride)
        let dense = transposed.geometry
        var rows = unsafe imageRows(gradient, dense, enlarged: (rowMap.count, columnMap.count))
        unsafe rows.out_height = Int64(height)
        unsafe rows.out_width = Int64(width)
        let result = allocate([shape[0], height, width, transposed.outputs])
        let packed = packed(transposed.prepared)
        var epilogue = unsafe epilogue(packed, .identity, nil, result.shape)
        unsafe rowMap.withUnsafeBufferPointer { rowMap in
            unsafe columnMap.withUnsafeBufferPointer { columnMap in
                unsafe rows.row_map = rowMap.baseAddress
                unsafe rows.column_map = columnMap.baseAddress
                unsafe multiply(rows, packed, &epilogue, result)
            }
        }
        return result
    }

    package func accumulateLinearGradient(
        input: Tensor,
        gradient: Tensor,
        into parts: [(outputs: Int, tensor: Tensor?)]
    ) {
        unsafe weightGradient(plainRows(input), gradient, parts)
    }

    package func accumulateConvolutionGradient(
        input: Tensor,
        gradient: Tensor,
        geometry: ConvolutionGeometry,
        enlargedTo: (height: Int, width: Int)?,
        into kernels: Tensor
    ) {
        let size = enlargedTo ?? (height: input.shape[1], width: input.shape[2])
        let parts = [(outputs: kernels.shape[0], tensor: Optional(kernels))]
        var rows = unsafe imageRows(input, geometry, enlarged: size)
        guard enlargedTo != nil else {
            unsafe weightGradient(rows, gradient, parts)
            return
        }
        let rowMap = nearestMap(from: input.shape[1], to: size.height)
        let columnMap = nearestMap(from: input.shape[2], to: size.width)
        unsafe rowMap.withUnsafeBufferPointer { rowMap in
            unsafe columnMap.withUnsafeBufferPointer { columnMap in
                unsafe rows.row_map = rowMap.baseAddress
                unsafe rows.column_map = columnMap.baseAddress
                unsafe weightGradient(rows, gradient, parts)
            }
        }
    }

    package func accumulateTemporalConvolutionGradient(
        input: Tensor,
        gradient: Tensor,
        into kernels: Tensor
    ) {
        let rows = unsafe frameRows(input, taps: kernels.shape[2])
        unsafe weightGradient(rows, gradient, [(kernels.shape[0], kernels)])
    }

    private func weightGradient(
        _ rows: weft_rows,
        _ gradient: Tensor,
        _ parts: [(outputs: Int, tensor: Tensor?)]
    ) {
        let outputs = stackedOutputs(parts, gradient: gradient)
        var targets: [UnsafeMutablePointer<Float>?] = unsafe []
        for part in parts {
            for row in 0..<part.outputs {
                unsafe targets.append(
                    part.tensor.map { unsafe mutable($0) + row * ($0.count / part.outputs) }
                )
            }
        }
        var rows = unsafe rows
        unsafe targets.withUnsafeBufferPointer { targets in
            unsafe weft_weight_gradient(
                pool,
                version,
                &rows,
                Int64(gradient.count / outputs),
                pointer(gradient),
                Int64(outputs),
                targets.baseAddress
            )
        }
    }

    /// Index of each of `count` positions among `source` ones that lie `step` apart; below zero
    /// between them.
    private static func spread(_ count: Int, _ source: Int, _ step: Int) -> [Int32] {
        (0..<count).map { position in
            position % step == 0 && position / step < source ? Int32(position / step) : -1
        }
    }
}

extension CPUBuffer: ByteRegion {
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try unsafe body(UnsafeRawBufferPointer(start: floats, count: byteCount))
    }

    /// Memory has no pages to give back.
    func discard(_ range: Range<Int>) {}
}
