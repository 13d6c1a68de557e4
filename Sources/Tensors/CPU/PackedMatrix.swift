import CKernels

/// Weights in the layout of the product kernels, with their bias.
@safe final class PackedMatrix: PreparedParameters {
    let matrix: weft_matrix
    let bias: UnsafeMutablePointer<Float>?
    let byteCount: Int

    /// Packs parts of `[rows, channels, taps]` stacked along rows.
    ///
    /// - Parameters:
    ///   - parts: Weight of `rows * channels * taps` elements and bias of `rows`, or none.
    ///   - channels: Input channels.
    ///   - taps: Kernel positions; 1 for a linear layer.
    ///   - isGated: Whether the second half of the rows gates the first.
    ///   - configuration: Kernels and provider to pack for.
    ///   - pool: Threads that pack.
    init(
        _ parts: [(weight: StoredTensor, bias: StoredTensor?)],
        channels: Int,
        taps: Int,
        isGated: Bool,
        configuration: CPUConfiguration,
        pool: OpaquePointer
    ) {
        let rows = parts.map { $0.weight.shape[0] }
        let outputs = rows.reduce(0, +)
        let isPlain = configuration.products == .openBLAS
        let version = configuration.kernels.code
        let columns = channels * taps
        let count = weft_matrix_floats(version, Int64(outputs), Int64(columns), isGated, isPlain)
        let hasBias = parts.contains { $0.bias != nil }
        byteCount = 4 * (Int(count) + (hasBias ? outputs : 0))
        guard let data = unsafe weft_allocate(count * 4)?.assumingMemoryBound(to: Float.self)
        else { fatalError("no memory for \(count * 4) bytes of weights") }
        // Lanes beyond the last column stay zero.
        unsafe data.update(repeating: 0, count: isPlain ? 0 : Int(count))
        var matrix = unsafe weft_matrix(
            version: version,
            gated: isGated,
            plain: isPlain,
            n: Int64(outputs),
            k: Int64(columns),
            floats: count,
            data: data
        )
        var first = 0
        for (part, rows) in zip(parts, rows) {
            precondition(part.weight.shape.count == rows * columns, "\(part.weight.name)")
            let values = part.weight.floats()
            unsafe values.withUnsafeBufferPointer { source in
                unsafe weft_matrix_set(
                    pool,
                    &matrix,
                    Int64(first),
                    Int64(rows),
                    Int64(channels),
                    Int64(taps),
                    source.baseAddress
                )
            }
            part.weight.discard()
            first += rows
        }
        unsafe self.matrix = unsafe matrix
        guard hasBias else {
            unsafe bias = nil
            return
        }
        let bias = UnsafeMutablePointer<Float>.allocate(capacity: outputs)
        var next = 0
        for (part, rows) in zip(parts, rows) {
            let values = part.bias?.floats() ?? [Float](repeating: 0, count: rows)
            for value in values {
                unsafe bias[next] = value
                next += 1
            }
            part.bias?.discard()
        }
        unsafe self.bias = unsafe bias
    }

    deinit {
        unsafe weft_free(matrix.data)
        unsafe bias?.deallocate()
    }
}

// Immutable after its initialiser; the memory belongs to this object alone.
extension PackedMatrix: @unchecked Sendable {}
