import CKernels

extension CPUBackend {
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
        var job = unsafe weft_attention_gradient()
        unsafe job.forward = unsafe attentionJob(
            query,
            key,
            value,
            heads: heads,
            scale: scale,
            mask: mask
        )
        let (batch, queries) = (query.tensor.shape[0], query.tensor.shape[1])
        let (keyBatch, keys) = (key.tensor.shape[0], key.tensor.shape[1])
        let columns = query.width
        let gradients = attentionGradients(
            query: query,
            key: key,
            output: output,
            gradient: gradient
        )
        func tokens(_ tensor: Tensor) -> weft_tokens {
            unsafe weft_tokens(
                x: pointer(tensor),
                outer_stride: Int64(queries * columns),
                inner_stride: 0,
                token_stride: Int64(columns)
            )
        }
        func written(_ tensor: Tensor, _ tokens: Int) -> weft_written_tokens {
            unsafe weft_written_tokens(
                x: mutable(tensor),
                outer_stride: Int64(tokens * columns),
                inner_stride: 0,
                token_stride: Int64(columns)
            )
        }
        unsafe job.out = unsafe tokens(output)
        unsafe job.gradient = unsafe tokens(gradient)
        unsafe job.dq = unsafe written(gradients.query, queries)
        unsafe job.dk = unsafe written(gradients.key, keys)
        unsafe job.dv = unsafe written(gradients.value, keys)
        unsafe job.shares_keys = keyBatch == 1 && batch > 1
        unsafe weft_attend_gradient(pool, version, &job)
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
        var job = unsafe weft_attention_gradient()
        unsafe job.forward = unsafe temporalAttentionJob(
            query,
            key,
            value,
            heads: heads,
            scale: scale
        )
        let columns = query.width
        let gradients = attentionGradients(
            query: query,
            key: key,
            output: output,
            gradient: gradient
        )
        let shape = gradients.query.shape
        let (frames, pixels) = (shape[1], shape[2])
        let outer = Int64(frames * pixels * columns)
        let (inner, token) = (Int64(columns), Int64(pixels * columns))
        func tokens(_ tensor: Tensor) -> weft_tokens {
            unsafe weft_tokens(
                x: pointer(tensor),
                outer_stride: outer,
                inner_stride: inner,
                token_stride: token
            )
        }
        func written(_ tensor: Tensor) -> weft_written_tokens {
            unsafe weft_written_tokens(
                x: mutable(tensor),
                outer_stride: outer,
                inner_stride: inner,
                token_stride: token
            )
        }
        unsafe job.out = unsafe tokens(output)
        unsafe job.gradient = unsafe tokens(gradient)
        unsafe job.dq = unsafe written(gradients.query)
        unsafe job.dk = unsafe written(gradients.key)
        unsafe job.dv = unsafe written(gradients.value)
        unsafe weft_attend_gradient(pool, version, &job)
        return gradients
    }
}
