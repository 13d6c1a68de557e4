import CKernels

extension CPUBackend {
    package func gather(_ table: Tensor, _ indices: [Int]) -> Tensor {
        precondition(table.shape.rank == 2, "gather needs [rows, C], not \(table.shape)")
        let channels = table.shape[1]
        let result = allocate([indices.count, channels])
        for (row, index) in indices.enumerated() {
            precondition((0..<table.shape[0]).contains(index), "row \(index) of \(table.shape)")
            let source = unsafe pointer(table) + index * channels
            unsafe (mutable(result) + row * channels).update(from: source, count: channels)
        }
        return result
    }

    package func concatenateChannels(_ parts: [Tensor]) -> Tensor {
        let (shape, channels) = joined(parts)
        let result = allocate(shape)
        var column = 0
        for part in parts {
            let width = part.shape[-1]
            unsafe weft_copy_rows(
                pool,
                pointer(part),
                Int64(width),
                Int64(part.count / width),
                Int64(width),
                mutable(result) + column,
                Int64(channels)
            )
            column += width
        }
        return result
    }

    package func concatenateOuter(_ parts: [Tensor]) -> Tensor {
        let inner = parts[0].shape.dimensions.dropFirst()
        let count = parts.reduce(0) { $0 + $1.shape[0] }
        let result = allocate(Shape([count] + inner))
        var next = 0
        for part in parts {
            precondition(part.shape.dimensions.dropFirst() == inner, "\(part.shape) on \(inner)")
            unsafe (mutable(result) + next).update(from: pointer(part), count: part.count)
            next += part.count
        }
        return result
    }

    package func sliceChannels(_ x: Tensor, _ range: Range<Int>) -> Tensor {
        let channels = x.shape[-1]
        precondition(
            range.lowerBound >= 0 && range.upperBound <= channels && !range.isEmpty,
            "channels \(range) of \(x.shape)"
        )
        let result = allocate(Shape(x.shape.dimensions.dropLast() + [range.count]))
        unsafe weft_copy_rows(
            pool,
            pointer(x) + range.lowerBound,
            Int64(channels),
            Int64(x.count / channels),
            Int64(range.count),
            mutable(result),
            Int64(range.count)
        )
        return result
    }

    package func permute(_ x: Tensor, _ axes: [Int]) -> Tensor {
        precondition(
            axes.sorted() == Array(0..<x.shape.rank) && (1...8).contains(x.shape.rank),
            "\(axes) is no permutation of the axes of \(x.shape)"
        )
        let result = allocate(Shape(axes.map { x.shape[$0] }))
        let extents = x.shape.dimensions.map { Int64($0) }
        let order = axes.map { Int64($0) }
        unsafe extents.withUnsafeBufferPointer { extents in
            unsafe order.withUnsafeBufferPointer { order in
                unsafe weft_permute(
                    pool,
                    pointer(x),
                    extents.baseAddress,
                    order.baseAddress,
                    Int64(axes.count),
                    mutable(result)
                )
            }
        }
        return result
    }

    package func depthToSpace(_ x: Tensor, factor: Int) -> Tensor {
        precondition(
            x.shape.rank == 4 && factor > 0 && x.shape[3] % (factor * factor) == 0,
            "depth to space by \(factor) of \(x.shape)"
        )
        let (n, h, w) = (x.shape[0], x.shape[1], x.shape[2])
        let channels = x.shape[3] / (factor * factor)
        return permute(x.reshaped([n, h, w, factor, factor, channels]), [0, 1, 3, 2, 4, 5])
            .reshaped([n, h * factor, w * factor, channels])
    }

    package func resize(_ x: Tensor, height: Int, width: Int, _ filter: ResizeFilter) -> Tensor {
        precondition(
            x.shape.rank == 4 && x.count > 0 && height > 0 && width > 0,
            "resize of \(x.shape) to \(height) x \(width)"
        )
        return resample(
            x,
            rows: ResizeTaps(from: x.shape[1], to: height, filter),
            columns: ResizeTaps(from: x.shape[2], to: width, filter)
        )
    }

    /// Mixes rows and columns of `[N, H, W, C]`.
    func resample(_ x: Tensor, rows: ResizeTaps, columns: ResizeTaps) -> Tensor {
        let (height, width) = (rows.targets, columns.targets)
        let result = allocate([x.shape[0], height, width, x.shape[3]])
        unsafe rows.indices.withUnsafeBufferPointer { rowIndex in
            unsafe rows.weights.withUnsafeBufferPointer { rowWeight in
                unsafe columns.indices.withUnsafeBufferPointer { columnIndex in
                    unsafe columns.weights.withUnsafeBufferPointer { columnWeight in
                        unsafe weft_resample(
                            pool,
                            pointer(x),
                            Int64(x.shape[0]),
                            Int64(x.shape[1]),
                            Int64(x.shape[2]),
                            Int64(x.shape[3]),
                            Int64(height),
                            Int64(width),
                            Int64(rows.taps),
                            rowIndex.baseAddress,
                            rowWeight.baseAddress,
                            Int64(columns.taps),
                            columnIndex.baseAddress,
                            columnWeight.baseAddress,
                            mutable(result)
                        )
                    }
                }
            }
        }
        return result
    }
}
