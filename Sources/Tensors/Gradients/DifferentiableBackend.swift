/// A device that has derivatives, as operations of their own: what `RecordingBackend` calls on the
/// way back.
///
/// They are coarse like the forward ones, save little and recompute much. Names ending in
/// `Gradient` make a new tensor; those that begin with `accumulate` add into one that exists, which
/// nothing else does. As everywhere, results depend on the operands alone: sums over
/// positions are taken in fixed slices in a fixed order.
package protocol DifferentiableBackend: Backend {
    // MARK: Wide tensors

    // Parameters, their gradients and what an optimiser keeps are float32 whatever a device keeps
    // values in: wide tensors. What sums in place, moves elements or optimises takes either kind;
    // all other operations take values. Unless a device says otherwise, values are wide.

    /// A wide tensor of these values, to the bit.
    func uploadWide(_ values: HostTensor) -> Tensor
    /// A wide tensor of zeros.
    func wideZeros(_ shape: Shape) -> Tensor
    /// A tensor as a wide one; the same where it is wide.
    func widened(_ tensor: Tensor) -> Tensor
    /// A tensor as one of values; the same where it is one.
    func narrowed(_ tensor: Tensor) -> Tensor

    // MARK: Sums in place

    /// A new tensor of zeros.
    func zeros(_ shape: Shape) -> Tensor
    /// Gives `target` these values, to the bit.
    func write(_ values: HostTensor, into target: Tensor)
    /// target += coefficient · source, element by element; equal counts.
    func accumulate(_ source: Tensor, into target: Tensor, coefficient: Float)
    /// Adds the columns of `source` `[..., c]` to the columns of `target` `[..., C]` from `column`
    /// on; as many rows.
    func accumulateChannels(_ source: Tensor, into target: Tensor, column: Int)
    /// Adds row i of `source` `[indices.count, C]` to row `indices[i]` of `target` `[rows, C]`, in
    /// order: the derivative of `gather`.
    func accumulateRows(_ source: Tensor, into target: Tensor, at indices: [Int])
    /// Adds row r of `x` `[..., C]` to row `(r / repeats) % rows` of `table` `[rows, c]`, of its
    /// columns those from `column` on: the derivative of `addRows` and of all biases.
    func accumulateRowSums(_ x: Tensor, column: Int, repeats: Int, into table: Tensor)

    // MARK: Products

    /// The elements of `tensor` as `prepareLinear` and its kind take them, under another shape of
    /// equal count; they are those that the tensor has when they are read.
    func stored(_ tensor: Tensor, as shape: Shape, name: String) -> StoredTensor
    /// Kernels for the way back: of parts `[outputs_i, inputs, taps...]` stacked along outputs the
    /// tensor `[inputs, Σ outputs_i, taps...]`, taps in reverse order.
    func transposedKernels(_ parts: [Tensor]) -> Tensor
    /// What reaches the input, `height` by `width`, of a convolution of the given geometry, of the
    /// gradient of its result; `transposed` are its transposed kernels, prepared with step 1.
    func convolveInputGradient(
        _ gradient: Tensor,
        _ transposed: ConvolutionParameters,
        of geometry: ConvolutionGeometry,
        height: Int,
        width: Int
    ) -> Tensor
    /// Adds Σ gradient[r]ᵀ · input[r] over rows to the parts, `[outputs_i, inputs]` each, that
    /// `gradient`'s columns are stacked of; a part of no tensor is left out.
    func accumulateLinearGradient(
        input: Tensor,
        gradient: Tensor,
        into parts: [(outputs: Int, tensor: Tensor?)]
    )
    /// The same for the kernels `[outputs, inputs, kernelHeight, kernelWidth]` of a convolution.
    func accumulateConvolutionGradient(
        input: Tensor,
        gradient: Tensor,
        geometry: ConvolutionGeometry,
        enlargedTo: (height: Int, width: Int)?,
        into kernels: Tensor
    )
    /// The same for the kernels `[outputs, inputs, taps]` of a convolution along time.
    func accumulateTemporalConvolutionGradient(
        input: Tensor,
        gradient: Tensor,
        into kernels: Tensor
    )

    // MARK: Movement

    /// The adjoint of `resize` from `[N, height, width, C]` to `gradient`'s shape.
    func resizeGradient(
        _ gradient: Tensor,
        height: Int,
        width: Int,
        _ filter: ResizeFilter
    ) -> Tensor

    // MARK: Pointwise

    /// gradient · activation'(x), x being what went into the activation.
    func activationGradient(_ x: Tensor, _ activation: Activation, gradient: Tensor) -> Tensor
    /// value · GELU(gate) of rows `[..., value | gate]`: what `gatedLinear` does to its product.
    func gate(_ x: Tensor) -> Tensor
    /// The gradient of `gate` by its operand.
    func gateGradient(_ x: Tensor, gradient: Tensor) -> Tensor

    // MARK: Norms

    /// The gradients of `groupNorm` by its operands, `x` being its input.
    func groupNormGradient(
        _ x: Tensor,
        _ parameters: NormParameters,
        groups: Int,
        activation: Activation,
        gradient: Tensor
    ) -> NormGradients
    /// The gradients of `layerNorm` by its operands, `x` being its input.
    func layerNormGradient(
        _ x: Tensor,
        _ parameters: NormParameters,
        gradient: Tensor
    ) -> NormGradients

    // MARK: Attention

    /// The gradients of `attention` by its three operands, given `output`, what it made of them,
    /// and the gradient of that; those of keys and values of batch 1 are summed over batches.
    func attentionGradient(
        query: AttentionOperand,
        key: AttentionOperand,
        value: AttentionOperand,
        heads: Int,
        scale: Float,
        mask: AttentionMask,
        output: Tensor,
        gradient: Tensor
    ) -> AttentionGradients
    /// The same for `temporalAttention`.
    func temporalAttentionGradient(
        query: AttentionOperand,
        key: AttentionOperand,
        value: AttentionOperand,
        heads: Int,
        scale: Float,
        output: Tensor,
        gradient: Tensor
    ) -> AttentionGradients

    // MARK: Optimisation

    /// One step of AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101) in place; all tensors of
    /// one count.
    func adamW(
        value: Tensor,
        gradient: Tensor,
        mean: Tensor,
        variance: Tensor,
        _ step: AdamWStep
    )
    /// Σ x² of each in float64, for the norm of all gradients; no numbers if the device fails, and
    /// it tells so as always.
    func squaredNorms(_ tensors: [Tensor]) -> [Double]
}

extension DifferentiableBackend {
    package func uploadWide(_ values: HostTensor) -> Tensor { upload(values) }
    package func wideZeros(_ shape: Shape) -> Tensor { zeros(shape) }
    package func widened(_ tensor: Tensor) -> Tensor { tensor }
    package func narrowed(_ tensor: Tensor) -> Tensor { tensor }
    package func squaredNorm(_ x: Tensor) -> Double { squaredNorms([x])[0] }
}

/// The gradients of a normalisation by its operands.
package struct NormGradients: Sendable {
    /// Of the input's shape.
    package let input: Tensor
    /// `[C]`.
    package let scale: Tensor
    /// `[C]`.
    package let shift: Tensor

    package init(input: Tensor, scale: Tensor, shift: Tensor) {
        self.input = input
        self.scale = scale
        self.shift = shift
    }
}

/// The gradients of an attention by its operands: dense, without the columns around them.
package struct AttentionGradients: Sendable {
    package let query: Tensor
    package let key: Tensor
    package let value: Tensor

    package init(query: Tensor, key: Tensor, value: Tensor) {
        self.query = query
        self.key = key
        self.value = value
    }
}
