import CKernels

// What derivatives need beside those of products and norms: sums in place and adjoint movement.
extension CPUBackend: DifferentiableBackend {
    package func zeros(_ shape: Shape) -> Tensor {
        let result = allocate(shape)
        unsafe mutable(result).update(repeating: 0, count: shape.count)
        return result
    }

    package func write(_ values: HostTensor, into target: Tensor) {
        precondition(values.shape.count == target.count, "\(values.shape) into \(target.shape)")
        unsafe values.values.withUnsafeBufferPointer { source in
            guard let start = source.baseAddress else { return }
            unsafe mutable(target).update(from: start, count: source.count)
        }
    }

    package func accumulate(_ source: Tensor, into target: Tensor, coefficient: Float) {
        checkSum(of: source, into: target)
        let terms = unsafe [Optional(pointer(target)), Optional(pointer(source))]
        unsafe terms.withUnsafeBufferPointer { terms in
            unsafe [1, coefficient].withUnsafeBufferPointer { coefficients in
                unsafe weft_combine(
                    pool,
                    version,
                    terms.baseAddress,
                    coefficients.baseAddress,
                    2,
                    Int64(target.count),
                    mutable(target)
                )
            }
        }
    }

    package func accumulateChannels(_ source: Tensor, into target: Tensor, column: Int) {
        let (width, channels) = (source.shape[-1], target.shape[-1])
        checkColumns(of: source, into: target, column: column)
        unsafe weft_add_columns(
            pool,
            pointer(source),
            Int64(width),
            Int64(source.count / width),
            Int64(width),
            mutable(target) + column,
            Int64(channels)
        )
    }

    package func accumulateRows(_ source: Tensor, into target: Tensor, at indices: [Int]) {
        let channels = target.shape[-1]
        checkRows(of: source, into: target, at: indices)
        let places = indices.map { Int64($0) }
        unsafe places.withUnsafeBufferPointer { places in
            guard let first = places.baseAddress else { return }
            unsafe weft_add_to_rows(
                pool,
                pointer(source),
                Int64(indices.count),
                Int64(channels),
                first,
                mutable(target)
            )
        }
    }

    package func accumulateRowSums(
        _ x: Tensor,
        column: Int,
        repeats: Int,
        into table: Tensor
    ) {
        let (rows, channels, tableRows, columns) = rowSums(
            of: x,
            column: column,
            repeats: repeats,
            into: table
        )
        // As many parts as the sum has thousands of values.
        let slices = max(1, min(16, rows / tableRows / Self.rowsOfSlice))
        let partial = allocate([slices, tableRows, columns])
        unsafe weft_row_sums(
            pool,
            version,
            pointer(x) + column,
            Int64(rows),
            Int64(channels),
            Int64(columns),
            Int64(tableRows),
            Int64(repeats),
            Int64(slices),
            mutable(partial),
            mutable(table)
        )
    }

    private static let rowsOfSlice = 128

    package func resizeGradient(
        _ gradient: Tensor,
        height: Int,
        width: Int,
        _ filter: ResizeFilter
    ) -> Tensor {
        let taps = adjointTaps(height: height, width: width, filter, gradient: gradient)
        return resample(gradient, rows: taps.rows, columns: taps.columns)
    }
}
