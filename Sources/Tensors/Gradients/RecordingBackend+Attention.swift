extension RecordingBackend {
    package func attention(
        query: AttentionOperand,
        key: AttentionOperand,
        value: AttentionOperand,
        heads: Int,
        scale: Float,
        mask: AttentionMask
    ) -> Tensor {
        let operands = AttentionOperands(self, query, key, value)
        var plainMask = mask
        if case .additive(let tensor) = mask {
            let bias = operand(tensor)
            precondition(bias.target == nil, "attention has no gradient by its mask")
            plainMask = .additive(bias.tensor)
        }
        let (q, k, v) = (operands.query, operands.key, operands.value)
        let result = base.attention(
            query: q,
            key: k,
            value: v,
            heads: heads,
            scale: scale,
            mask: plainMask
        )
        return record(result, if: operands.isFollowed) { [base] gradient in
            let gradients = base.attentionGradient(
                query: q,
                key: k,
                value: v,
                heads: heads,
                scale: scale,
                mask: plainMask,
                output: result,
                gradient: gradient.tensor
            )
            operands.add(gradients, on: base)
        }
    }

    package func temporalAttention(
        query: AttentionOperand,
        key: AttentionOperand,
        value: AttentionOperand,
        heads: Int,
        scale: Float
    ) -> Tensor {
        let operands = AttentionOperands(self, query, key, value)
        let (q, k, v) = (operands.query, operands.key, operands.value)
        let result = base.temporalAttention(
            query: q,
            key: k,
            value: v,
            heads: heads,
            scale: scale
        )
        return record(result, if: operands.isFollowed) { [base] gradient in
            let gradients = base.temporalAttentionGradient(
                query: q,
                key: k,
                value: v,
                heads: heads,
                scale: scale,
                output: result,
                gradient: gradient.tensor
            )
            operands.add(gradients, on: base)
        }
    }
}

/// Queries, keys and values on the wrapped backend, and where their gradients go.
private struct AttentionOperands {
    let query: AttentionOperand
    let key: AttentionOperand
    let value: AttentionOperand
    private let targets: [GradientTarget?]

    init(
        _ backend: RecordingBackend,
        _ query: AttentionOperand,
        _ key: AttentionOperand,
        _ value: AttentionOperand
    ) {
        var targets: [GradientTarget?] = []
        func plain(_ x: AttentionOperand) -> AttentionOperand {
            let operand = backend.operand(x.tensor)
            targets.append(operand.target)
            return AttentionOperand(operand.tensor, column: x.column, width: x.width)
        }
        self.query = plain(query)
        self.key = plain(key)
        self.value = plain(value)
        self.targets = targets
    }

    var isFollowed: Bool { targets.contains { $0 != nil } }

    func add(_ gradients: AttentionGradients, on base: any DifferentiableBackend) {
        let parts = [(query, gradients.query), (key, gradients.key), (value, gradients.value)]
        var first = 0
        while first < parts.count {
            guard let target = targets[first] else {
                first += 1
                continue
            }
            // Neighbours in one fused projection are put together before they are added.
            var end = first + 1
            var column = parts[first].0.column + parts[first].0.width
            while end < parts.count, parts[end].0.column == column,
                targets[end]?.isSame(as: target) == true
            {
                column += parts[end].0.width
                end += 1
            }
            let run = parts[first..<end].map(\.1)
            let start = parts[first].0.column
            let joined = run.count == 1 ? run[0] : base.concatenateChannels(run)
            if start == 0 && column == target.shape[-1] {
                target.add(PassedGradient(new: joined))
            } else {
                base.accumulateChannels(joined, into: target.writable(), column: start)
            }
            first = end
        }
    }
}
