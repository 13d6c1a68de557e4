internal import CCudaKernels
package import Tensors

extension CudaBackend {
    package func attention(
        query: AttentionOperand,
        key: AttentionOperand,
        value: AttentionOperand,
        heads: Int,
        scale: Float,
        mask: AttentionMask
    ) -> Tensor {
        let result = allocate(
            shapes.attention(
                query: query,
                key: key,
                value: value,
                heads: heads,
                scale: scale,
                mask: mask
            ).shape
        )
        precondition(key.tensor.shape[1] > 0, "attention to no keys")
        guard result.count > 0 else { return result }
        attempt { () throws(CudaError) in
            var job = try attentionJob(query, key, value, mask)
            job.out = try tokens(AttentionOperand(result), sequence: query.tensor.shape[1])
            try attend(&job, width: query.width / heads, heads: heads, scale: scale)
        }
        return result
    }

    package func temporalAttention(
        query: AttentionOperand,
        key: AttentionOperand,
        value: AttentionOperand,
        heads: Int,
        scale: Float
    ) -> Tensor {
        let result = allocate(
            shapes.temporalAttention(
                query: query,
                key: key,
                value: value,
                heads: heads,
                scale: scale
            ).shape
        )
        guard result.count > 0 else { return result }
        attempt { () throws(CudaError) in
            var job = try frameAttentionJob(query, key, value)
            job.out = try frameTokens(AttentionOperand(result))
            try attend(&job, width: query.width / heads, heads: heads, scale: scale)
        }
        return result
    }

    /// What attention reads, and nothing of how.
    func attentionJob(
        _ query: AttentionOperand,
        _ key: AttentionOperand,
        _ value: AttentionOperand,
        _ mask: AttentionMask
    ) throws(CudaError) -> weft_cuda_attention {
        let (batch, queries) = (query.tensor.shape[0], query.tensor.shape[1])
        let (keyBatch, keys) = (key.tensor.shape[0], key.tensor.shape[1])
        var job = weft_cuda_attention()
        job.q = try tokens(query, sequence: queries)
        job.k = try tokens(key, sequence: keyBatch == 1 ? 0 : keys)
        job.v = try tokens(value, sequence: keyBatch == 1 ? 0 : keys)
        job.outer = Int64(batch)
        job.inner = 1
        job.queries = Int32(queries)
        job.keys = Int32(keys)
        switch mask {
        case .none: break
        case .causal: job.is_causal = 1
        case .additive(let bias):
            job.bias = try address(bias)
            job.bias_outer_stride = bias.shape[0] == 1 ? 0 : Int64(queries * keys)
        }
        return job
    }

    /// The same over frames.
    func frameAttentionJob(
        _ query: AttentionOperand,
        _ key: AttentionOperand,
        _ value: AttentionOperand
    ) throws(CudaError) -> weft_cuda_attention {
        let shape = query.tensor.shape
        var job = weft_cuda_attention()
        job.q = try frameTokens(query)
        job.k = try frameTokens(key)
        job.v = try frameTokens(value)
        job.outer = Int64(shape[0])
        job.inner = Int64(shape[2])
        job.queries = Int32(shape[1])
        job.keys = Int32(shape[1])
        return job
    }

    private func attend(
        _ job: inout weft_cuda_attention,
        width: Int,
        heads: Int,
        scale: Float
    ) throws(CudaError) {
        let tile = AttentionTile(
            queries: Int(job.queries),
            keys: Int(job.keys),
            width: width,
            precision
        )
        job.heads = Int32(heads)
        job.width = Int32(width)
        job.scale = scale
        job.query_tiles = Int32(tile.tiles)
        job.tile_rows = Int32(tile.rows)
        let areVectors = [job.q, job.k, job.v, job.out].allSatisfy(Self.isVector)
        job.is_vector = areVectors && width % 8 == 0 ? 1 : 0
        try session.launch(
            tile.kernel,
            blocks: tile.tiles * heads * Int(job.outer * job.inner),
            threads: tile.threads,
            shared: tile.sharedBytes,
            job
        )
    }

    /// Whether 8 values at a multiple of 8 columns lie in 16 aligned bytes.
    static func isVector(_ tokens: weft_cuda_tokens) -> Bool {
        let strides: [Int64] = [tokens.outer_stride, tokens.inner_stride, tokens.token_stride]
        return tokens.x % 16 == 0 && strides.allSatisfy { $0 % 8 == 0 }
    }

    /// Rows of `[B, T, C]`, `sequence` tokens from one batch to the next.
    func tokens(
        _ operand: AttentionOperand,
        sequence: Int
    ) throws(CudaError) -> weft_cuda_tokens {
        let columns = operand.tensor.shape[-1]
        return weft_cuda_tokens(
            x: try address(operand),
            outer_stride: Int64(sequence * columns),
            inner_stride: 0,
            token_stride: Int64(columns)
        )
    }

    /// Frames of `[B, F, P, C]`, one sequence a pixel.
    func frameTokens(_ operand: AttentionOperand) throws(CudaError) -> weft_cuda_tokens {
        let shape = operand.tensor.shape
        return weft_cuda_tokens(
            x: try address(operand),
            outer_stride: Int64(shape[1] * shape[2] * shape[3]),
            inner_stride: Int64(shape[3]),
            token_stride: Int64(shape[2] * shape[3])
        )
    }

    private func address(_ operand: AttentionOperand) throws(CudaError) -> UInt64 {
        try address(operand.tensor) + UInt64(operand.column * precision.byteCount)
    }
}
