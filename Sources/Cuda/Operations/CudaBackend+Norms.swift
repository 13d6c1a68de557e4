internal import CCudaKernels
package import Tensors

extension CudaBackend {
    package func groupNorm(
        _ x: Tensor,
        _ parameters: NormParameters,
        groups: Int,
        activation: Activation
    ) -> Tensor {
        groupNorm(joining: [x], parameters, groups: groups, activation: activation)
    }

    package func groupNorm(
        joining parts: [Tensor],
        _ parameters: NormParameters,
        groups: Int,
        activation: Activation
    ) -> Tensor {
        guard parts.count <= 2 else {
            let joined = concatenateChannels(parts)
            return groupNorm(joined, parameters, groups: groups, activation: activation)
        }
        let shape = shapes.groupNorm(
            joining: parts,
            parameters,
            groups: groups,
            activation: activation
        ).shape
        let result = allocate(shape)
        guard result.count > 0 else { return result }
        attempt { () throws(CudaError) in
            let channels = shape[-1]
            let rows = result.count / shape[0] / channels
            let size = NormSize(images: shape[0], rows: rows, channels: channels, groups: groups)
            let partial = try takeActivation(size.partialBytes)
            var job = weft_cuda_norm()
            job.x = try address(parts[0])
            job.more = try address(parts.count == 2 ? parts[1] : nil)
            job.first_channels = Int32(parts[0].shape[-1])
            job.scale = try address(parameters.scale)
            job.shift = try address(parameters.shift)
            job.partial = partial.address
            job.y = try address(result)
            job.rows = Int64(rows)
            job.rows_per_slice = Int64(size.rowsPerSlice)
            job.images = Int32(shape[0])
            job.slices = Int32(size.slices)
            job.channels = Int32(channels)
            job.groups = Int32(groups)
            job.epsilon = parameters.epsilon
            job.activation = activation.rawValue
            let (blocks, threads) = (shape[0] * size.slices, NormSize.threads)
            try session.launch(
                .groupStatistics,
                blocks: blocks,
                threads: threads,
                shared: size.sharedBytes,
                job
            )
            try session.launch(
                .groupNorm,
                blocks: blocks,
                threads: threads,
                shared: 8 * groups,
                job
            )
            withExtendedLifetime(partial) {}
        }
        return result
    }

    package func layerNorm(_ x: Tensor, _ parameters: NormParameters) -> Tensor {
        let result = allocate(shapes.layerNorm(x, parameters).shape)
        guard result.count > 0 else { return result }
        attempt { () throws(CudaError) in
            var job = weft_cuda_norm()
            job.x = try address(x)
            job.scale = try address(parameters.scale)
            job.shift = try address(parameters.shift)
            job.y = try address(result)
            job.channels = Int32(x.shape[-1])
            job.rows = Int64(x.count / x.shape[-1])
            job.epsilon = parameters.epsilon
            // A warp a row.
            let rowsPerBlock = 4
            try session.launch(
                .layerNorm,
                blocks: (Int(job.rows) + rowsPerBlock - 1) / rowsPerBlock,
                threads: 32 * rowsPerBlock,
                job
            )
        }
        return result
    }
}

/// How a group norm's rows are shared out; by the size alone, since sums are taken in slices.
struct NormSize: Hashable {
    static let threads = 256
    /// Rows that are worth a block.
    private static let leastRows = 64
    private static let mostSlices = 64
    /// Sums of all channels have to fit into shared memory.
    static let mostChannels = 5632

    let slices: Int
    let rowsPerSlice: Int
    /// Of the sums of all slices and groups.
    let partialBytes: Int
    let sharedBytes: Int

    init(images: Int, rows: Int, channels: Int, groups: Int) {
        precondition(channels <= Self.mostChannels, "a group norm of \(channels) channels")
        let wanted = min(max(rows / Self.leastRows, 1), Self.mostSlices)
        rowsPerSlice = (rows + wanted - 1) / wanted
        slices = (rows + rowsPerSlice - 1) / rowsPerSlice
        partialBytes = images * slices * groups * 8
        sharedBytes = Self.threads / min(channels, Self.threads) * channels * 8
    }
}
