extension RecordingBackend {
    package func gather(_ table: Tensor, _ indices: [Int]) -> Tensor {
        let rows = operand(table)
        let result = base.gather(rows.tensor, indices)
        let target = rows.target
        return record(result, if: target != nil) { [base] gradient in
            guard let target else { return }
            base.accumulateRows(gradient.tensor, into: target.writable(), at: indices)
        }
    }

    package func concatenateChannels(_ parts: [Tensor]) -> Tensor {
        let operands = parts.map { operand($0) }
        let result = base.concatenateChannels(operands.map(\.tensor))
        let targets = operands.map(\.target)
        let widths = parts.map { $0.shape[-1] }
        return record(result, if: targets.contains { $0 != nil }) { [base] gradient in
            var column = 0
            for (target, width) in zip(targets, widths) {
                defer { column += width }
                guard let target else { continue }
                let part = base.sliceChannels(gradient.tensor, column..<column + width)
                target.add(PassedGradient(new: part))
            }
        }
    }

    package func concatenateOuter(_ parts: [Tensor]) -> Tensor {
        let operands = parts.map { operand($0) }
        let result = base.concatenateOuter(operands.map(\.tensor))
        let targets = operands.map(\.target)
        let extents = parts.map { $0.shape[0] }
        return record(result, if: targets.contains { $0 != nil }) { gradient in
            var next = 0
            for (target, extent) in zip(targets, extents) {
                defer { next += extent }
                guard let target else { continue }
                target.add(gradient.shared(next..<next + extent))
            }
        }
    }

    package func sliceChannels(_ x: Tensor, _ range: Range<Int>) -> Tensor {
        let input = operand(x)
        let result = base.sliceChannels(input.tensor, range)
        let target = input.target
        return record(result, if: target != nil) { [base] gradient in
            guard let target else { return }
            base.accumulateChannels(
                gradient.tensor,
                into: target.writable(),
                column: range.lowerBound
            )
        }
    }

    package func permute(_ x: Tensor, _ axes: [Int]) -> Tensor {
        let input = operand(x)
        let result = base.permute(input.tensor, axes)
        let target = input.target
        return record(result, if: target != nil) { [base] gradient in
            let inverse = axes.indices.map { axis in axes.firstIndex(of: axis) ?? axis }
            target?.add(PassedGradient(new: base.permute(gradient.tensor, inverse)))
        }
    }

    package func resize(
        _ x: Tensor,
        height: Int,
        width: Int,
        _ filter: ResizeFilter
    ) -> Tensor {
        let input = operand(x)
        let result = base.resize(input.tensor, height: height, width: width, filter)
        let (target, shape) = (input.target, x.shape)
        return record(result, if: target != nil) { [base] gradient in
            let passed = base.resizeGradient(
                gradient.tensor,
                height: shape[1],
                width: shape[2],
                filter
            )
            target?.add(PassedGradient(new: passed))
        }
    }

    package func depthToSpace(_ x: Tensor, factor: Int) -> Tensor {
        let input = operand(x)
        let result = base.depthToSpace(input.tensor, factor: factor)
        let (target, shape) = (input.target, x.shape)
        return record(result, if: target != nil) { [base] gradient in
            let blocks = gradient.tensor.reshaped([
                shape[0], shape[1], factor, shape[2], factor, shape[3] / (factor * factor),
            ])
            let passed = base.permute(blocks, [0, 1, 3, 2, 4, 5]).reshaped(shape)
            target?.add(PassedGradient(new: passed))
        }
    }
}

extension PassedGradient {
    /// Slices of the outermost axis, whose memory is still the whole's.
    fileprivate func shared(_ range: Range<Int>) -> PassedGradient {
        PassedGradient(tensor.outer(range), isOwned: false)
    }
}
