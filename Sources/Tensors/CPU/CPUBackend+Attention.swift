import CKernels

extension CPUBackend {
    package func attention(
        query: AttentionOperand,
        key: AttentionOperand,
        value: AttentionOperand,
        heads: Int,
        scale: Float,
        mask: AttentionMask
    ) -> Tensor {
        var job = unsafe attentionJob(query, key, value, heads: heads, scale: scale, mask: mask)
        let (batch, queries) = (query.tensor.shape[0], query.tensor.shape[1])
        let result = allocate([batch, queries, query.width])
        unsafe job.out = unsafe mutable(result)
        unsafe job.out_outer_stride = Int64(queries * query.width)
        unsafe job.out_token_stride = Int64(query.width)
        unsafe weft_attend(pool, version, &job)
        return result
    }

    package func temporalAttention(
        query: AttentionOperand,
        key: AttentionOperand,
        value: AttentionOperand,
        heads: Int,
        scale: Float
    ) -> Tensor {
        var job = unsafe temporalAttentionJob(query, key, value, heads: heads, scale: scale)
        let shape = query.tensor.shape
        let (batch, frames, pixels) = (shape[0], shape[1], shape[2])
        let result = allocate([batch, frames, pixels, query.width])
        unsafe job.out = unsafe mutable(result)
        unsafe job.out_outer_stride = Int64(frames * pixels * query.width)
        unsafe job.out_inner_stride = Int64(query.width)
        unsafe job.out_token_stride = Int64(pixels * query.width)
        unsafe weft_attend(pool, version, &job)
        return result
    }

    /// The operands of `attention`, without a result.
    func attentionJob(
        _ query: AttentionOperand,
        _ key: AttentionOperand,
        _ value: AttentionOperand,
        heads: Int,
        scale: Float,
        mask: AttentionMask
    ) -> weft_attention {
        let shape = query.tensor.shape
        precondition(
            shape.rank == 3 && key.tensor.shape.rank == 3 && value.tensor.shape.rank == 3,
            "attention needs [B, T, C]"
        )
        checkHeads(query, key, value, heads)
        let (batch, queries) = (shape[0], shape[1])
        let (keyBatch, keys) = (key.tensor.shape[0], key.tensor.shape[1])
        precondition(
            (keyBatch == batch || keyBatch == 1) && value.tensor.shape[0] == keyBatch
                && value.tensor.shape[1] == keys && keys > 0,
            "queries of \(shape), keys of \(key.tensor.shape), values of \(value.tensor.shape)"
        )
        var job = unsafe weft_attention()
        unsafe job.outer = Int64(batch)
        unsafe job.inner = 1
        unsafe job.queries = Int64(queries)
        unsafe job.keys = Int64(keys)
        unsafe job.heads = Int64(heads)
        unsafe job.width = Int64(query.width / heads)
        unsafe job.scale = scale
        unsafe job.q = unsafe tokens(query, sequence: queries)
        unsafe job.k = unsafe tokens(key, sequence: keyBatch == 1 ? 0 : keys)
        unsafe job.v = unsafe tokens(value, sequence: keyBatch == 1 ? 0 : keys)
        switch mask {
        case .none: break
        case .causal: unsafe job.causal = true
        case .additive(let bias):
            precondition(
                bias.count == queries * keys || bias.count == batch * queries * keys,
                "a mask of \(bias.shape) for \(batch) x \(queries) x \(keys) scores"
            )
            unsafe job.bias = unsafe pointer(bias)
            let isShared = bias.count == queries * keys
            unsafe job.bias_outer_stride = isShared ? 0 : Int64(queries * keys)
        }
        return unsafe job
    }

    /// The operands of `temporalAttention`, without a result.
    func temporalAttentionJob(
        _ query: AttentionOperand,
        _ key: AttentionOperand,
        _ value: AttentionOperand,
        heads: Int,
        scale: Float
    ) -> weft_attention {
        let shape = query.tensor.shape
        precondition(shape.rank == 4, "temporalAttention needs [B, F, P, C], not \(shape)")
        checkHeads(query, key, value, heads)
        for operand in [key, value] {
            precondition(
                operand.tensor.shape.dimensions.dropLast() == shape.dimensions.dropLast(),
                "queries of \(shape) meet \(operand.tensor.shape)"
            )
        }
        let (batch, frames, pixels) = (shape[0], shape[1], shape[2])
        var job = unsafe weft_attention()
        unsafe job.outer = Int64(batch)
        unsafe job.inner = Int64(pixels)
        unsafe job.queries = Int64(frames)
        unsafe job.keys = Int64(frames)
        unsafe job.heads = Int64(heads)
        unsafe job.width = Int64(query.width / heads)
        unsafe job.scale = scale
        unsafe job.q = unsafe frameTokens(query, frames: frames, pixels: pixels)
        unsafe job.k = unsafe frameTokens(key, frames: frames, pixels: pixels)
        unsafe job.v = unsafe frameTokens(value, frames: frames, pixels: pixels)
        return unsafe job
    }

    /// Rows of `[B, T, C]`, `sequence` tokens from one batch to the next.
    private func tokens(_ operand: AttentionOperand, sequence: Int) -> weft_tokens {
        let columns = operand.tensor.shape[-1]
        return unsafe weft_tokens(
            x: pointer(operand.tensor) + operand.column,
            outer_stride: Int64(sequence * columns),
            inner_stride: 0,
            token_stride: Int64(columns)
        )
    }

    /// Frames of `[B, F, P, C]`, one sequence a pixel.
    private func frameTokens(
        _ operand: AttentionOperand,
        frames: Int,
        pixels: Int
    ) -> weft_tokens {
        let columns = operand.tensor.shape[-1]
        return unsafe weft_tokens(
            x: pointer(operand.tensor) + operand.column,
            outer_stride: Int64(frames * pixels * columns),
            inner_stride: Int64(columns),
            token_stride: Int64(pixels * columns)
        )
    }
}
