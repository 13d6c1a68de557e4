internal import CCudaKernels
package import Tensors

extension CudaBackend {
    package func transposedKernels(_ parts: [Tensor]) -> Tensor {
        let shape = transposedShape(parts)
        let (inputs, outputs) = (shape[0], shape[1])
        let result = allocate(shape, isWide: true)
        var first = 0
        for part in parts {
            attempt { () throws(CudaError) in
                let job = weft_cuda_flip(
                    x: try either(part),
                    y: try either(result),
                    count: Int64(part.count),
                    inputs: Int32(inputs),
                    taps: Int32(shape.count / (inputs * outputs)),
                    first: Int32(first),
                    outputs: Int32(outputs)
                )
                try elementwise(.flipKernels, part.count, job)
            }
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
        let matrix = matrix(transposed.prepared)
        let result: Shape = [shape[0], height, width, transposed.outputs]
        return product(matrix, result) { job throws(CudaError) in
            job.rows = try imageRows(
                gradient,
                transposed.geometry,
                enlargedTo: (height + geometry.kernelHeight, width + geometry.kernelWidth),
                padded: matrix.padded,
                result
            )
            job.rows.spread = Int32(geometry.stride)
        }
    }

    package func accumulateLinearGradient(
        input: Tensor,
        gradient: Tensor,
        into parts: [(outputs: Int, tensor: Tensor?)]
    ) {
        weightGradient(gradient, parts, taps: 1, channels: input.shape[-1]) {
            padded throws(CudaError) in
            try plainRows(input, padded: padded)
        }
    }

    package func accumulateConvolutionGradient(
        input: Tensor,
        gradient: Tensor,
        geometry: ConvolutionGeometry,
        enlargedTo: (height: Int, width: Int)?,
        into kernels: Tensor
    ) {
        weightGradient(
            gradient,
            [(kernels.shape[0], kernels)],
            taps: geometry.kernelHeight * geometry.kernelWidth,
            channels: input.shape[-1]
        ) { padded throws(CudaError) in
            try imageRows(
                input,
                geometry,
                enlargedTo: enlargedTo,
                padded: padded,
                gradient.shape
            )
        }
    }

    package func accumulateTemporalConvolutionGradient(
        input: Tensor,
        gradient: Tensor,
        into kernels: Tensor
    ) {
        let taps = kernels.shape[2]
        weightGradient(
            gradient,
            [(kernels.shape[0], kernels)],
            taps: taps,
            channels: input.shape[-1]
        ) { padded throws(CudaError) in
            try frameRows(input, taps: taps, padded: padded)
        }
    }

    /// Adds the products of gradients and gathered rows to the parts.
    private func weightGradient(
        _ gradient: Tensor,
        _ parts: [(outputs: Int, tensor: Tensor?)],
        taps: Int,
        channels: Int,
        _ rows: (_ padded: Int) throws(CudaError) -> weft_cuda_rows
    ) {
        let outputs = stackedOutputs(parts, gradient: gradient)
        guard gradient.count > 0 else { return }
        let padded = CudaMatrix.padded(channels)
        let columns = taps * padded
        let tile = ProductGradientTile(
            rows: gradient.count / outputs,
            outputs: outputs,
            columns: columns,
            precision
        )
        attempt { () throws(CudaError) in
            let partial = try takeActivation(4 * tile.slices * outputs * columns)
            var job = weft_cuda_product_gradient()
            job.rows = try rows(padded)
            job.gradient = try address(gradient)
            job.partial = partial.address
            job.m = Int64(gradient.count / outputs)
            job.rows_per_slice = Int64(tile.rowsPerSlice)
            job.outputs = Int32(outputs)
            job.columns = Int32(columns)
            job.slices = Int32(tile.slices)
            job.is_vector = try isVector([gradient]) ? 1 : 0
            try session.launch(
                tile.kernel,
                blocks: tile.blocks,
                threads: tile.threads,
                shared: tile.sharedBytes,
                job
            )
            var sums = weft_cuda_kernel_sums()
            sums.partial = partial.address
            sums.outputs = job.outputs
            sums.columns = job.columns
            sums.channels = Int32(channels)
            sums.taps = Int32(taps)
            sums.padded = Int32(padded)
            sums.slices = job.slices
            try add(sums, to: parts)
            withExtendedLifetime(partial) {}
        }
    }

    private func add(
        _ sums: weft_cuda_kernel_sums,
        to parts: [(outputs: Int, tensor: Tensor?)]
    ) throws(CudaError) {
        var sums = sums
        for part in parts {
            if let tensor = part.tensor {
                sums.y = try either(tensor)
                sums.count = Int64(tensor.count)
                try elementwise(.addKernels, tensor.count, sums)
            }
            sums.first += Int32(part.outputs)
        }
    }
}
