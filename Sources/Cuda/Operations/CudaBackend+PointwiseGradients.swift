internal import CCudaKernels
package import Tensors

extension CudaBackend {
    package func activationGradient(
        _ x: Tensor,
        _ activation: Activation,
        gradient: Tensor
    ) -> Tensor {
        checkGradient(gradient, of: x)
        return slope(.activationGradient, x, x.shape, gradient, count: x.count) {
            $0.activation = activation.rawValue
        }
    }

    package func gate(_ x: Tensor) -> Tensor {
        let columns = gateColumns(x)
        let shape = Shape(x.shape.dimensions.dropLast() + [columns])
        return slope(.gate, x, shape, nil, count: shape.count) { $0.columns = Int32(columns) }
    }

    package func gateGradient(_ x: Tensor, gradient: Tensor) -> Tensor {
        let columns = gateColumns(x, gradient: gradient)
        return slope(.gateGradient, x, x.shape, gradient, count: gradient.count) {
            $0.columns = Int32(columns)
        }
    }

    private func slope(
        _ kernel: Kernel,
        _ x: Tensor,
        _ shape: Shape,
        _ gradient: Tensor?,
        count: Int,
        _ complete: (inout weft_cuda_slope) -> Void
    ) -> Tensor {
        let result = allocate(shape)
        attempt { () throws(CudaError) in
            var job = weft_cuda_slope()
            job.x = try address(x)
            job.gradient = try address(gradient)
            job.y = try address(result)
            job.count = Int64(count)
            complete(&job)
            try elementwise(kernel, count, job)
        }
        return result
    }

    package func adamW(
        value: Tensor,
        gradient: Tensor,
        mean: Tensor,
        variance: Tensor,
        _ step: AdamWStep
    ) {
        checkUpdate(of: value, with: [gradient, mean, variance])
        let factors = step.factors
        attempt { () throws(CudaError) in
            let job = weft_cuda_adamw(
                value: try either(value),
                gradient: try either(gradient),
                mean: try either(mean),
                variance: try either(variance),
                count: Int64(value.count),
                gradient_scale: step.gradientScale,
                mean_rate: factors.meanRate,
                variance_rate: factors.varianceRate,
                root_scale: factors.rootScale,
                epsilon: step.epsilon,
                rate: factors.rate,
                decay: factors.decay
            )
            try elementwise(.adamW, value.count, job)
        }
    }

    package func squaredNorms(_ tensors: [Tensor]) -> [Double] {
        var result = [Double](repeating: .nan, count: tensors.count)
        attempt { () throws(CudaError) in
            try refuseInside("a download")
            result = try squares(tensors)
        }
        return result
    }

    /// Queues all tensors' sums, and waits once.
    private func squares(_ tensors: [Tensor]) throws(CudaError) -> [Double] {
        let blocks = tensors.map { RowSlices(rows: ($0.count + 255) / 256) }
        let total = blocks.reduce(0) { $0 + $1.count }
        guard total > 0 else { return tensors.map { _ in 0 } }
        let partial = try takeActivation(8 * total)
        var first = 0
        for (tensor, slices) in zip(tensors, blocks) where slices.count > 0 {
            let job = weft_cuda_squares(
                x: try either(tensor),
                partial: partial.address + UInt64(8 * first),
                count: Int64(tensor.count),
                slice: Int64(256 * slices.rowsPerSlice)
            )
            try session.launch(.squares, blocks: slices.count, threads: 256, job)
            first += slices.count
        }
        var sums = [Double](repeating: 0, count: total)
        let copied = unsafe sums.withUnsafeMutableBytes { bytes in
            Result { () throws(CudaError) in
                try unsafe transfers.copyOut(partial.address, to: bytes)
            }
        }
        withExtendedLifetime(partial) {}
        try copied.get()
        var next = sums[...]
        return blocks.map { slices in
            defer { next = next.dropFirst(slices.count) }
            return next.prefix(slices.count).reduce(0, +)
        }
    }
}
