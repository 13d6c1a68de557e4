internal import CCudaKernels
package import Tensors

extension CudaBackend {
    package func groupNormGradient(
        _ x: Tensor,
        _ parameters: NormParameters,
        groups: Int,
        activation: Activation,
        gradient: Tensor
    ) -> NormGradients {
        checkGroups(x, groups: groups)
        let gradients = normGradients(x, parameters, gradient)
        let (images, channels) = (x.shape[0], x.shape[-1])
        let rows = x.count / images / channels
        let size = NormSize(images: images, rows: rows, channels: channels, groups: groups)
        attempt { () throws(CudaError) in
            let partial = try takeActivation(size.partialBytes)
            let sliceSums = try takeActivation(images * size.slices * 2 * channels * 4)
            let sums = try takeActivation(images * 2 * channels * 4)
            var job = try normGradientJob(x, parameters, gradient, gradients)
            job.norm.partial = partial.address
            job.norm.first_channels = Int32(channels)
            job.norm.rows = Int64(rows)
            job.norm.rows_per_slice = Int64(size.rowsPerSlice)
            job.norm.images = Int32(images)
            job.norm.slices = Int32(size.slices)
            job.norm.groups = Int32(groups)
            job.norm.activation = activation.rawValue
            func launch<Job: BitwiseCopyable>(
                _ kernel: Kernel,
                shared: Int,
                _ job: Job
            ) throws(CudaError) {
                try session.launch(
                    kernel,
                    blocks: images * size.slices,
                    threads: NormSize.threads,
                    shared: shared,
                    job
                )
            }
            try launch(.groupStatistics, shared: size.sharedBytes, job.norm)
            job.sums = sliceSums.address
            try launch(.groupNormSums, shared: size.sharedBytes + 8 * groups, job)
            var merge = weft_cuda_slices()
            merge.partial = sliceSums.address
            merge.y = weft_cuda_either(at: sums.address, is_wide: 1)
            try add(size.slices, stride: 2 * channels, outer: images, 2 * channels, &merge)
            job.sums = sums.address
            try launch(.groupNormGradient, shared: 16 * groups, job)
            try addParameters(sums.address, slices: images, gradients)
            withExtendedLifetime((partial, sliceSums, sums)) {}
        }
        return gradients
    }

    package func layerNormGradient(
        _ x: Tensor,
        _ parameters: NormParameters,
        gradient: Tensor
    ) -> NormGradients {
        let gradients = normGradients(x, parameters, gradient)
        let channels = x.shape[-1]
        let rows = x.count / channels
        let slices = RowSlices(rows: rows)
        attempt { () throws(CudaError) in
            let moments = try takeActivation(8 * rows)
            let sums = try takeActivation(slices.count * 2 * channels * 4)
            var job = try normGradientJob(x, parameters, gradient, gradients)
            job.norm.partial = moments.address
            job.norm.rows = Int64(rows)
            job.sums = sums.address
            job.rows_per_column_slice = Int64(slices.rowsPerSlice)
            job.column_slices = Int32(slices.count)
            // A warp a row.
            let rowsPerBlock = 4
            try session.launch(
                .layerNormGradient,
                blocks: (rows + rowsPerBlock - 1) / rowsPerBlock,
                threads: 32 * rowsPerBlock,
                job
            )
            try session.launch(
                .layerNormSums,
                blocks: slices.count * ((channels + 31) / 32),
                threads: 256,
                job
            )
            try addParameters(sums.address, slices: slices.count, gradients)
            withExtendedLifetime((moments, sums)) {}
        }
        return gradients
    }

    private func normGradients(
        _ x: Tensor,
        _ parameters: NormParameters,
        _ gradient: Tensor
    ) -> NormGradients {
        checkNorm(x, parameters, gradient: gradient)
        let channels = x.shape[-1]
        return NormGradients(
            input: allocate(x.shape),
            scale: allocate([channels], isWide: true),
            shift: allocate([channels], isWide: true)
        )
    }

    private func normGradientJob(
        _ x: Tensor,
        _ parameters: NormParameters,
        _ gradient: Tensor,
        _ gradients: NormGradients
    ) throws(CudaError) -> weft_cuda_norm_gradient {
        var job = weft_cuda_norm_gradient()
        job.norm.x = try address(x)
        job.norm.scale = try address(parameters.scale)
        job.norm.shift = try address(parameters.shift)
        job.norm.y = try address(gradients.input)
        job.norm.channels = Int32(x.shape[-1])
        job.norm.epsilon = parameters.epsilon
        job.gradient = try address(gradient)
        return job
    }

    /// The gradients of shift and scale, which lie side by side in each slice.
    private func addParameters(
        _ sums: UInt64,
        slices: Int,
        _ gradients: NormGradients
    ) throws(CudaError) {
        let channels = gradients.scale.count
        for (tensor, offset) in [(gradients.shift, 0), (gradients.scale, channels)] {
            var job = weft_cuda_slices()
            job.partial = sums + UInt64(4 * offset)
            job.y = try either(tensor)
            try add(slices, stride: 2 * channels, channels, &job)
        }
    }
}
