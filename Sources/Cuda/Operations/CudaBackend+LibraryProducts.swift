internal import CCudaKernels
import Tensors

extension CudaBackend {
    /// Queues a product through cuBLASLt if there is one and the product is for it.
    ///
    /// - Returns: Whether it was queued; a kernel of weft makes it otherwise.
    func multiplyByLibrary(
        _ job: weft_cuda_product,
        _ matrix: CudaMatrix
    ) throws(CudaError) -> Bool {
        guard let libraryProducts else { return false }
        // The library's biases are of the type of the result.
        let bias = (precision.isHalf ? matrix.narrowBias : matrix.bias)?.address ?? 0
        guard (job.bias == 0) == (bias == 0),
            case .library(let epilogue) = ProductRoute(ProductTraits(job))
        else { return false }
        let size = LibraryProducts.Size(
            rows: Int(job.m),
            outputs: matrix.outputs,
            channels: matrix.channels,
            weightStride: matrix.columns,
            epilogue: epilogue
        )
        let operands = LibraryProducts.Operands(
            x: job.rows.x,
            weights: job.weights,
            bias: bias,
            residual: job.residual,
            y: job.y
        )
        return try libraryProducts.multiply(size, operands) { byteCount throws(CudaError) in
            try takeActivation(byteCount)
        }
    }
}

extension ProductTraits {
    init(_ job: weft_cuda_product) {
        self.init()
        isPlain = job.rows.isPlain && job.k == job.rows.padded
        activation = Activation(rawValue: job.activation) ?? .identity
        hasBias = job.bias != 0
        hasResidual = job.residual != 0
        hasImageBias = job.image_bias != 0
        isGated = job.is_gated != 0
        isAligned = [job.rows.x, job.residual, job.y].allSatisfy { $0 % 16 == 0 }
    }
}

extension weft_cuda_rows {
    /// Whether row r is row r of `x` where there is a single tap.
    fileprivate var isPlain: Bool {
        switch UInt32(kind) {
        case WEFT_CUDA_ROWS_PLAIN.rawValue: true
        case WEFT_CUDA_ROWS_FRAMES.rawValue: true
        case WEFT_CUDA_ROWS_IMAGE.rawValue:
            stride == 1 && pad_top == 0 && pad_left == 0
                && (enlarged_height, enlarged_width) == (in_height, in_width)
                && (out_height, out_width) == (in_height, in_width)
        default: false
        }
    }
}
