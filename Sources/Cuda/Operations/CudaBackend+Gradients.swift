internal import CCudaKernels
package import Tensors

// What derivatives need beside those of products, norms and attention: sums in place and adjoint
// movement. Sums over positions are taken in slices that sizes alone decide, and added in order.
extension CudaBackend: DifferentiableBackend {
    package func accumulate(_ source: Tensor, into target: Tensor, coefficient: Float) {
        checkSum(of: source, into: target)
        attempt { () throws(CudaError) in
            let terms = [(1, target), (coefficient, source)]
            try sum(terms, into: either(target), count: target.count)
        }
    }

    package func accumulateChannels(_ source: Tensor, into target: Tensor, column: Int) {
        let (width, channels) = (source.shape[-1], target.shape[-1])
        checkColumns(of: source, into: target, column: column)
        attempt { () throws(CudaError) in
            var job = weft_cuda_columns()
            job.x = try either(source)
            job.y = try either(target, from: column)
            job.rows = Int64(source.count / width)
            job.columns = Int32(width)
            job.y_columns = Int32(channels)
            try elementwise(.addColumns, source.count, job)
        }
    }

    package func accumulateRows(_ source: Tensor, into target: Tensor, at indices: [Int]) {
        let channels = target.shape[-1]
        checkRows(of: source, into: target, at: indices)
        guard !indices.isEmpty else { return }
        // The rows of the source that each row of the target gets, in order.
        var sources: [Int: [Int32]] = [:]
        for (source, target) in indices.enumerated() {
            sources[target, default: []].append(Int32(source))
        }
        let targets = sources.keys.sorted()
        var starts: [Int32] = [0]
        var order: [Int32] = []
        for target in targets {
            order += sources[target] ?? []
            starts.append(Int32(order.count))
        }
        attempt { () throws(CudaError) in
            let places = try staged(targets.map { Int32($0) } + starts + order)
            var job = weft_cuda_scatter()
            job.x = try either(source)
            job.y = try either(target)
            job.targets = places.address
            job.starts = job.targets + UInt64(4 * targets.count)
            job.order = job.starts + UInt64(4 * starts.count)
            job.count = Int32(targets.count)
            job.channels = Int32(channels)
            try elementwise(.scatterRows, targets.count * channels, job)
            withExtendedLifetime(places) {}
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
        guard rows > 0 else { return }
        let rounds = (rows + repeats * tableRows - 1) / (repeats * tableRows)
        let slices = RowSlices(rows: rounds * repeats)
        attempt { () throws(CudaError) in
            let partial = try takeActivation(4 * slices.count * table.count)
            var job = weft_cuda_row_sums()
            job.x = try either(x, from: column)
            job.partial = partial.address
            job.rows = Int64(rows)
            job.row_stride = Int64(channels)
            job.repeats = Int64(repeats)
            job.table_rows = Int64(tableRows)
            job.members_per_slice = Int64(slices.rowsPerSlice)
            job.slices = Int32(slices.count)
            job.columns = Int32(columns)
            try session.launch(
                .rowSums,
                blocks: tableRows * slices.count * ((columns + 31) / 32),
                threads: 256,
                job
            )
            var sum = weft_cuda_slices()
            sum.partial = partial.address
            sum.y = try either(table)
            sum.adds = 1
            try add(slices.count, stride: table.count, table.count, &sum)
            withExtendedLifetime(partial) {}
        }
    }

    package func resizeGradient(
        _ gradient: Tensor,
        height: Int,
        width: Int,
        _ filter: ResizeFilter
    ) -> Tensor {
        let taps = adjointTaps(height: height, width: width, filter, gradient: gradient)
        let shape: Shape = [gradient.shape[0], height, width, gradient.shape[3]]
        return resample(gradient, shape, rows: taps.rows, columns: taps.columns)
    }

    // MARK: Parts

    /// A tensor's elements from `column` on.
    private func either(
        _ tensor: Tensor,
        from column: Int
    ) throws(CudaError) -> weft_cuda_either {
        var result = try either(tensor)
        result.at += UInt64(column * (result.is_wide == 1 ? 4 : precision.byteCount))
        return result
    }

    /// Adds up slices of `count` sums each, `stride` apart, for each of `outer`.
    func add(
        _ slices: Int,
        stride: Int,
        outer: Int = 1,
        _ count: Int,
        _ job: inout weft_cuda_slices
    ) throws(CudaError) {
        job.outer = Int64(outer)
        job.count = Int64(count)
        job.stride = Int64(stride)
        job.slices = Int32(slices)
        try elementwise(.addSlices, outer * count, job)
    }
}

/// How rows are shared out whose sum is taken; by their number alone.
struct RowSlices: Hashable {
    /// Rows that are worth a block.
    private static let leastRows = 128
    private static let mostSlices = 128

    let count: Int
    let rowsPerSlice: Int

    init(rows: Int) {
        let wanted = min(max(rows / Self.leastRows, 1), Self.mostSlices)
        rowsPerSlice = max((rows + wanted - 1) / wanted, 1)
        count = (rows + rowsPerSlice - 1) / rowsPerSlice
    }
}
