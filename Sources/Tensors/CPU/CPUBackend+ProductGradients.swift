extension CPUBackend: DifferentiableBackend {
    package func zeros(_ shape: Shape) -> Tensor { fatalError("pending") }

    package func write(_ values: HostTensor, into target: Tensor) { fatalError("pending") }

    package func accumulate(_ source: Tensor, into target: Tensor, coefficient: Float) {
        fatalError("pending")
    }

    package func accumulateChannels(_ source: Tensor, into target: Tensor, column: Int) {
        fatalError("pending")
    }

    package func accumulateRows(_ source: Tensor, into target: Tensor, at indices: [Int]) {
        fatalError("pending")
    }

    package func accumulateRowSums(
        _ x: Tensor,
        column: Int,
        repeats: Int,
        into table: Tensor
    ) { fatalError("pending") }

    package func stored(_ tensor: Tensor, as shape: Shape, name: String) -> StoredTensor {
        fatalError("pending")
    }

    package func transposedKernels(_ parts: [Tensor]) -> Tensor { fatalError("pending") }

    package func convolveInputGradient(
        _ gradient: Tensor,
        _ transposed: ConvolutionParameters,
        of geometry: ConvolutionGeometry,
        height: Int,
        width: Int
    ) -> Tensor { fatalError("pending") }

    package func accumulateLinearGradient(
        input: Tensor,
        gradient: Tensor,
        into parts: [(outputs: Int, tensor: Tensor?)]
    ) { fatalError("pending") }

    package func accumulateConvolutionGradient(
        input: Tensor,
        gradient: Tensor,
        geometry: ConvolutionGeometry,
        enlargedTo: (height: Int, width: Int)?,
        into kernels: Tensor
    ) { fatalError("pending") }

    package func accumulateTemporalConvolutionGradient(
        input: Tensor,
        gradient: Tensor,
        into kernels: Tensor
    ) { fatalError("pending") }

    package func resizeGradient(
        _ gradient: Tensor,
        height: Int,
        width: Int,
        _ filter: ResizeFilter
    ) -> Tensor { fatalError("pending") }
}
