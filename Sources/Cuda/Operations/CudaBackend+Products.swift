internal import CCudaKernels
package import Tensors

extension CudaBackend {
    package func linear(
        _ x: Tensor,
        _ parameters: LinearParameters,
        activation: Activation,
        residual: Tensor?
    ) -> Tensor {
        let shape = shapes.linear(x, parameters, activation: activation, residual: residual).shape
        let matrix = matrix(parameters.prepared)
        precondition(!matrix.isGated, "a gated matrix needs gatedLinear")
        return product(matrix, shape) { job throws(CudaError) in
            job.rows = try plainRows(x, matrix)
            job.activation = activation.rawValue
            job.residual = try address(residual)
        }
    }

    package func linear(joining parts: [Tensor], _ parameters: LinearParameters) -> Tensor {
        let shape = shapes.linear(joining: parts, parameters).shape
        let matrix = matrix(parameters.prepared)
        precondition(!matrix.isGated, "a gated matrix needs gatedLinear")
        guard parts.count == 2 else {
            return linear(
                concatenateChannels(parts),
                parameters,
                activation: .identity,
                residual: nil
            )
        }
        return product(matrix, shape) { job throws(CudaError) in
            var rows = try plainRows(parts[0], matrix)
            rows.kind = Int32(WEFT_CUDA_ROWS_JOINED.rawValue)
            rows.channels = Int32(parts[0].shape[-1])
            rows.more = try address(parts[1])
            rows.more_channels = Int32(parts[1].shape[-1])
            rows.is_vector = try isVector(parts) ? 1 : 0
            job.rows = rows
        }
    }

    package func gatedLinear(_ x: Tensor, _ parameters: LinearParameters) -> Tensor {
        let shape = shapes.gatedLinear(x, parameters).shape
        let matrix = matrix(parameters.prepared)
        precondition(matrix.isGated, "gatedLinear needs a gated matrix")
        return product(matrix, shape) { job throws(CudaError) in
            job.rows = try plainRows(x, matrix)
            job.is_gated = 1
        }
    }

    package func convolve(
        _ x: Tensor,
        _ parameters: ConvolutionParameters,
        _ options: ConvolutionOptions
    ) -> Tensor {
        let shape = shapes.convolve(x, parameters, options).shape
        let matrix = matrix(parameters.prepared)
        return product(matrix, shape) { job throws(CudaError) in
            job.rows = try imageRows(
                x,
                parameters.geometry,
                enlargedTo: options.enlargedTo,
                padded: matrix.padded,
                shape
            )
            job.activation = options.activation.rawValue
            job.residual = try address(options.residual)
            if let bias = options.imageBias {
                job.image_bias = try address(bias)
                job.is_image_bias_shared = bias.shape[0] == 1 ? 1 : 0
                job.rows_per_image = Int64(shape[1] * shape[2])
            }
        }
    }

    package func convolveTemporal(
        _ x: Tensor,
        _ parameters: TemporalConvolutionParameters,
        residual: Tensor?
    ) -> Tensor {
        let shape = shapes.convolveTemporal(x, parameters, residual: residual).shape
        let matrix = matrix(parameters.prepared)
        return product(matrix, shape) { job throws(CudaError) in
            job.rows = try frameRows(x, taps: parameters.taps, padded: matrix.padded)
            job.residual = try address(residual)
        }
    }

    // MARK: Parts

    /// Queues a product whose rows and epilogue `complete` sets.
    func product(
        _ matrix: CudaMatrix,
        _ shape: Shape,
        _ complete: (inout weft_cuda_product) throws(CudaError) -> Void
    ) -> Tensor {
        let result = allocate(shape)
        guard result.count > 0 else { return result }
        attempt { () throws(CudaError) in
            guard let weights = matrix.weights else {
                throw CudaError(.memory, "weights of \(matrix.outputs) outputs have no memory")
            }
            var job = weft_cuda_product()
            job.m = Int64(result.count / shape[-1])
            job.n = Int32(matrix.outputs)
            job.k = Int32(matrix.columns)
            job.weights = weights.address
            job.bias = matrix.bias?.address ?? 0
            job.y = try address(result)
            try complete(&job)
            if try multiplyByLibrary(job, matrix) { return }
            let tile = ProductTile(rows: Int(job.m), columns: matrix.outputs, precision)
            try session.launch(
                tile.kernel,
                blocks: tile.blocks,
                threads: tile.threads,
                shared: tile.sharedBytes,
                job
            )
        }
        return result
    }

    private func plainRows(_ x: Tensor, _ matrix: CudaMatrix) throws(CudaError) -> weft_cuda_rows {
        try plainRows(x, padded: matrix.padded)
    }

    func plainRows(_ x: Tensor, padded: Int) throws(CudaError) -> weft_cuda_rows {
        var rows = weft_cuda_rows()
        rows.kind = Int32(WEFT_CUDA_ROWS_PLAIN.rawValue)
        rows.x = try address(x)
        rows.channels = Int32(x.shape[-1])
        rows.padded = Int32(padded)
        // One column of taps, so that only their number counts.
        rows.kernel_width = 1
        rows.is_vector = try isVector([x]) ? 1 : 0
        return rows
    }

    func frameRows(_ x: Tensor, taps: Int, padded: Int) throws(CudaError) -> weft_cuda_rows {
        var rows = try plainRows(x, padded: padded)
        rows.kind = Int32(WEFT_CUDA_ROWS_FRAMES.rawValue)
        rows.frames = Int32(x.shape[1])
        rows.pixels = Int32(x.shape[2] * x.shape[3])
        rows.taps = Int32(taps)
        return rows
    }

    /// Rows of a convolution whose result has `shape`.
    func imageRows(
        _ x: Tensor,
        _ geometry: ConvolutionGeometry,
        enlargedTo size: (height: Int, width: Int)?,
        padded: Int,
        _ shape: Shape
    ) throws(CudaError) -> weft_cuda_rows {
        var rows = try plainRows(x, padded: padded)
        let (height, width) = (x.shape[1], x.shape[2])
        let enlarged = size ?? (height: height, width: width)
        rows.kind = Int32(WEFT_CUDA_ROWS_IMAGE.rawValue)
        rows.in_height = Int32(height)
        rows.in_width = Int32(width)
        rows.enlarged_height = Int32(enlarged.height)
        rows.enlarged_width = Int32(enlarged.width)
        rows.row_scale = Float(height) / Float(enlarged.height)
        rows.column_scale = Float(width) / Float(enlarged.width)
        rows.out_height = Int32(shape[1])
        rows.out_width = Int32(shape[2])
        rows.kernel_width = Int32(geometry.kernelWidth)
        rows.stride = Int32(geometry.stride)
        rows.pad_top = Int32(geometry.padding.top)
        rows.pad_left = Int32(geometry.padding.left)
        return rows
    }

    /// Whether 16 bytes can be read at once wherever channels divide by 8.
    func isVector(_ parts: [Tensor]) throws(CudaError) -> Bool {
        for part in parts {
            guard part.shape[-1] % 8 == 0, try address(part) % 16 == 0 else { return false }
        }
        return true
    }
}
