internal import CCudaKernels
package import Tensors

extension CudaBackend {
    package func concatenateChannels(_ parts: [Tensor]) -> Tensor {
        let result = allocate(shapes.concatenateChannels(parts).shape)
        let channels = result.shape[-1]
        var column = 0
        for part in parts {
            let width = part.shape[-1]
            attempt { () throws(CudaError) in
                let start = try address(result) + UInt64(column * precision.byteCount)
                try copyRows(try address(part), width, to: start, channels, part.count, width)
            }
            column += width
        }
        return result
    }

    package func sliceChannels(_ x: Tensor, _ range: Range<Int>) -> Tensor {
        let result = allocate(shapes.sliceChannels(x, range).shape)
        attempt { () throws(CudaError) in
            let start = try address(x) + UInt64(range.lowerBound * precision.byteCount)
            let width = range.count
            try copyRows(start, x.shape[-1], to: address(result), width, result.count, width)
        }
        return result
    }

    /// Copies rows of `width` values, `count` values in all, between rows of other widths.
    private func copyRows(
        _ source: UInt64,
        _ sourceWidth: Int,
        to target: UInt64,
        _ targetWidth: Int,
        _ count: Int,
        _ width: Int
    ) throws(CudaError) {
        guard count > 0 else { return }
        var job = weft_cuda_copy()
        job.x = source
        job.y = target
        job.rows = Int64(count / width)
        job.columns = Int32(width)
        job.x_stride = Int64(sourceWidth)
        job.y_stride = Int64(targetWidth)
        try elementwise(.copyRows, count, job)
    }

    package func concatenateOuter(_ parts: [Tensor]) -> Tensor {
        let result = allocate(shapes.concatenateOuter(parts).shape)
        var next = 0
        for part in parts {
            attempt { () throws(CudaError) in
                try session.copy(
                    part.count * precision.byteCount,
                    from: address(part),
                    to: address(result) + UInt64(next * precision.byteCount)
                )
            }
            next += part.count
        }
        return result
    }

    package func permute(_ x: Tensor, _ axes: [Int]) -> Tensor {
        let most = Int(WEFT_CUDA_RANK)
        precondition(axes.count <= most, "permute of \(axes.count) axes, at most \(most) go")
        let result = allocate(shapes.permute(x, axes).shape, isWide: isWide(x))
        attempt { () throws(CudaError) in
            var steps = [Int](repeating: 1, count: axes.count)
            for axis in stride(from: axes.count - 2, through: 0, by: -1) {
                steps[axis] = steps[axis + 1] * x.shape[axis + 1]
            }
            var job = weft_cuda_permute()
            let source = try either(x)
            job.x = source.at
            job.y = try either(result).at
            job.is_wide = source.is_wide
            job.count = Int64(x.count)
            job.rank = Int32(axes.count)
            fill(&job.extents, with: axes.map { Int64(x.shape[$0]) })
            fill(&job.strides, with: axes.map { Int64(steps[$0]) })
            try elementwise(.permute, x.count, job)
        }
        return result
    }

    package func depthToSpace(_ x: Tensor, factor: Int) -> Tensor {
        let shape = shapes.depthToSpace(x, factor: factor).shape
        let (n, h, w, channels) = (x.shape[0], x.shape[1], x.shape[2], shape[3])
        return permute(x.reshaped([n, h, w, factor, factor, channels]), [0, 1, 3, 2, 4, 5])
            .reshaped(shape)
    }

    package func resize(
        _ x: Tensor,
        height: Int,
        width: Int,
        _ filter: ResizeFilter
    ) -> Tensor {
        let shape = shapes.resize(x, height: height, width: width, filter).shape
        return resample(
            x,
            shape,
            rows: ResizeTaps(from: x.shape[1], to: height, filter),
            columns: ResizeTaps(from: x.shape[2], to: width, filter)
        )
    }

    /// `[N, H, W, C]` to `shape`, each row and column mixed of others.
    func resample(_ x: Tensor, _ shape: Shape, rows: ResizeTaps, columns: ResizeTaps) -> Tensor {
        let result = allocate(shape)
        guard result.count > 0 else { return result }
        attempt { () throws(CudaError) in
            let rowIndex = try staged(rows.indices)
            let rowWeight = try staged(rows.weights)
            let columnIndex = try staged(columns.indices)
            let columnWeight = try staged(columns.weights)
            var job = weft_cuda_resample()
            job.x = try address(x)
            job.y = try address(result)
            job.row_index = rowIndex.address
            job.row_weight = rowWeight.address
            job.column_index = columnIndex.address
            job.column_weight = columnWeight.address
            job.count = Int64(result.count)
            job.h = Int32(x.shape[1])
            job.w = Int32(x.shape[2])
            job.c = Int32(x.shape[3])
            job.out_h = Int32(shape[1])
            job.out_w = Int32(shape[2])
            job.row_taps = Int32(rows.taps)
            job.column_taps = Int32(columns.taps)
            try elementwise(.resample, result.count, job)
            withExtendedLifetime((rowIndex, rowWeight, columnIndex, columnWeight)) {}
        }
        return result
    }
}
