internal import CCudaKernels
package import Tensors

extension CudaBackend {
    package func attentionGradient(
        query: AttentionOperand,
        key: AttentionOperand,
        value: AttentionOperand,
        heads: Int,
        scale: Float,
        mask: AttentionMask,
        output: Tensor,
        gradient: Tensor
    ) -> AttentionGradients {
        let (batch, queries) = (query.tensor.shape[0], query.tensor.shape[1])
        let (keyBatch, keys) = (key.tensor.shape[0], key.tensor.shape[1])
        let columns = query.width
        let gradients = attentionGradients(
            query: query,
            key: key,
            output: output,
            gradient: gradient
        )
        attempt { () throws(CudaError) in
            func dense(_ tensor: Tensor, _ tokens: Int) throws(CudaError) -> weft_cuda_tokens {
                let shape: Shape = [tensor.count / columns / tokens, tokens, columns]
                return try self.tokens(
                    AttentionOperand(tensor.reshaped(shape)),
                    sequence: tokens
                )
            }
            var job = weft_cuda_attention_gradient()
            job.forward = try attentionJob(query, key, value, mask)
            job.forward.out = try dense(output, queries)
            job.gradient = try dense(gradient, queries)
            job.dq = try dense(gradients.query, queries)
            job.dk = try dense(gradients.key, keys)
            job.dv = try dense(gradients.value, keys)
            job.shares_keys = keyBatch == 1 && batch > 1 ? 1 : 0
            try attendGradient(&job, width: columns / heads, heads: heads, scale: scale)
        }
        return gradients
    }

    package func temporalAttentionGradient(
        query: AttentionOperand,
        key: AttentionOperand,
        value: AttentionOperand,
        heads: Int,
        scale: Float,
        output: Tensor,
        gradient: Tensor
    ) -> AttentionGradients {
        let columns = query.width
        let gradients = attentionGradients(
            query: query,
            key: key,
            output: output,
            gradient: gradient
        )
        let shape = gradients.query.shape
        attempt { () throws(CudaError) in
            func dense(_ tensor: Tensor) throws(CudaError) -> weft_cuda_tokens {
                try frameTokens(AttentionOperand(tensor.reshaped(shape)))
            }
            var job = weft_cuda_attention_gradient()
            job.forward = try frameAttentionJob(query, key, value)
            job.forward.out = try dense(output)
            job.gradient = try dense(gradient)
            job.dq = try dense(gradients.query)
            job.dk = try dense(gradients.key)
            job.dv = try dense(gradients.value)
            try attendGradient(&job, width: columns / heads, heads: heads, scale: scale)
        }
        return gradients
    }

    /// The three passes: statistics, then queries, then keys.
    private func attendGradient(
        _ job: inout weft_cuda_attention_gradient,
        width: Int,
        heads: Int,
        scale: Float
    ) throws(CudaError) {
        job.forward.heads = Int32(heads)
        job.forward.width = Int32(width)
        job.forward.scale = scale
        let read = [job.forward.q, job.forward.k, job.forward.v, job.gradient]
        job.forward.is_vector = read.allSatisfy(Self.isVector) && width % 8 == 0 ? 1 : 0
        let sequences = Int(job.forward.outer * job.forward.inner) * heads
        let statistics = try takeActivation(8 * sequences * Int(job.forward.queries))
        job.statistics = statistics.address
        for pass in AttentionGradientTile.Pass.allCases {
            let isOfKeys = pass == .keys
            let tile = AttentionGradientTile(
                pass,
                count: Int(isOfKeys ? job.forward.keys : job.forward.queries),
                width: width,
                precision
            )
            job.forward.query_tiles = Int32(tile.tiles)
            job.forward.tile_rows = Int32(tile.rows)
            let isShared = isOfKeys && job.shares_keys == 1
            try session.launch(
                tile.kernel,
                blocks: tile.tiles * (isShared ? sequences / Int(job.forward.outer) : sequences),
                threads: tile.threads,
                shared: tile.sharedBytes,
                job
            )
        }
        withExtendedLifetime(statistics) {}
    }
}
