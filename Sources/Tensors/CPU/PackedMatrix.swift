import CKernels

/// Weights in the layout of the product kernels, with their bias.
@safe final class PackedMatrix: PreparedParameters {
    let matrix: weft_matrix
    let bias: UnsafeMutablePointer<Float>?
    let byteCount: Int
    /// Of the matrix alone.
    private let dataBytes: Int
    private let memory: PackedMemory

    /// Packs parts of `[rows, channels, taps]` stacked along rows.
    ///
    /// - Parameters:
    ///   - parts: Weight of `rows * channels * taps` elements and bias of `rows`, or none.
    ///   - channels: Input channels.
    ///   - taps: Kernel positions; 1 for a linear layer.
    ///   - isGated: Whether the second half of the rows gates the first.
    ///   - configuration: Kernels and provider to pack for.
    ///   - pool: Threads that pack.
    ///   - memory: Where the weights are for as long as they are needed.
    init(
        _ parts: [(weight: StoredTensor, bias: StoredTensor?)],
        channels: Int,
        taps: Int,
        isGated: Bool,
        configuration: CPUConfiguration,
        pool: OpaquePointer,
        in memory: PackedMemory
    ) {
        let rows = parts.map { $0.weight.shape[0] }
        let outputs = rows.reduce(0, +)
        let isPlain = configuration.products == .openBLAS
        let version = configuration.kernels.code
        let columns = channels * taps
        let count = weft_matrix_elements(version, Int64(outputs), Int64(columns), isGated, isPlain)
        let hasBias = parts.contains { $0.bias != nil }
        let element = isPlain ? WEFT_F32 : Self.element(of: parts.map(\.weight))
        let bytes = Int(count) * (element == WEFT_F32 ? 4 : 2)
        byteCount = bytes + (hasBias ? 4 * outputs : 0)
        dataBytes = bytes
        self.memory = memory
        memory.count(byteCount - bytes)
        let data = unsafe memory.take(bytes)
        var matrix = unsafe weft_matrix(
            version: version,
            element: element,
            gated: isGated,
            plain: isPlain,
            n: Int64(outputs),
            k: Int64(columns),
            data: data
        )
        unsafe weft_matrix_clear_padding(&matrix)
        var first = 0
        for (part, rows) in zip(parts, rows) {
            precondition(part.weight.shape.count == rows * columns, "\(part.weight.name)")
            unsafe Self.withElements(of: part.weight, as: element) { source in
                unsafe weft_matrix_set(
                    pool,
                    &matrix,
                    Int64(first),
                    Int64(rows),
                    Int64(channels),
                    Int64(taps),
                    source
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

    /// Lends a weight's elements: straight from the file if they lie there in the right type.
    private static func withElements(
        of weight: StoredTensor,
        as element: weft_element,
        _ body: (UnsafeRawPointer?) -> Void
    ) {
        let isStored = element != WEFT_F32 || weight.scalarType == .float32
        let alignment = element == WEFT_F32 ? 4 : 2
        let isLent = unsafe weight.withStoredBytes { bytes in
            guard isStored else { return false }
            if Int(bitPattern: bytes.baseAddress) % alignment == 0 {
                unsafe body(bytes.baseAddress)
            } else {
                // A file may put a tensor anywhere; the kernels want its elements aligned.
                let words = unsafe [UInt64](unsafeUninitializedCapacity: bytes.count / 8 + 1) {
                    words,
                    initialized in
                    unsafe UnsafeMutableRawBufferPointer(words).copyMemory(from: bytes)
                    initialized = bytes.count / 8 + 1
                }
                unsafe words.withUnsafeBytes { unsafe body($0.baseAddress) }
            }
            return true
        }
        guard isLent != true else { return }
        unsafe weight.floats().withUnsafeBytes { unsafe body($0.baseAddress) }
    }

    /// Halves stay halves where every part has the same: they widen exactly.
    private static func element(of weights: [StoredTensor]) -> weft_element {
        guard weights.allSatisfy({ $0.hasHalfBits && $0.scalarType == weights[0].scalarType })
        else { return WEFT_F32 }
        return weights[0].scalarType == .float16 ? WEFT_F16 : WEFT_BF16
    }

    deinit {
        memory.count(dataBytes - byteCount)
        unsafe memory.give(matrix.data, dataBytes)
        unsafe bias?.deallocate()
    }
}

// Immutable after its initialiser; the memory belongs to this object alone.
extension PackedMatrix: @unchecked Sendable {}
