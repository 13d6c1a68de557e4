/// A device's failure, reported when results are asked for.
package struct BackendError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
    /// Whether the device is sound and only too small for what was asked of it.
    package let isOutOfMemory: Bool

    package init(_ description: String, isOutOfMemory: Bool = false) {
        self.description = description
        self.isOutOfMemory = isOutOfMemory
    }
}

/// Bytes held by a backend, for reports.
package struct MemoryReport: Hashable, Sendable {
    /// Activation bytes in use now.
    package var activationBytes: Int
    /// Largest value `activationBytes` has had since the last reset.
    package var activationPeakBytes: Int
    /// What the device keeps for activations: above the peak by what no request fitted.
    package var activationHeldBytes: Int
    /// Bytes of packed parameters.
    package var parameterBytes: Int

    package init(
        activationBytes: Int,
        activationPeakBytes: Int,
        activationHeldBytes: Int,
        parameterBytes: Int
    ) {
        self.activationBytes = activationBytes
        self.activationPeakBytes = activationPeakBytes
        self.activationHeldBytes = activationHeldBytes
        self.parameterBytes = parameterBytes
    }
}

/// A pointwise function.
package enum Activation: Int32, CaseIterable, Sendable {
    case identity = 0
    /// x · σ(x).
    case silu = 1
    /// x · Φ(x) with the error function.
    case gelu = 2
    /// x · σ(1.702 x), OpenAI's CLIP.
    case quickGELU = 3
    case relu = 4
}

/// Zeros around an image, in pixels.
package struct Padding: Hashable, Sendable {
    package var top: Int
    package var left: Int
    package var bottom: Int
    package var right: Int

    package init(top: Int, left: Int, bottom: Int, right: Int) {
        self.top = top
        self.left = left
        self.bottom = bottom
        self.right = right
    }

    package init(_ all: Int) {
        self.init(top: all, left: all, bottom: all, right: all)
    }
}

/// Parameters in the layout a backend wants; opaque to everybody else.
package protocol PreparedParameters: AnyObject, Sendable {
    var byteCount: Int { get }
}

/// A matrix of `outputs` rows and `inputs` columns with an optional bias, prepared for a device.
package struct LinearParameters: Sendable {
    package let inputs: Int
    package let outputs: Int
    package let prepared: any PreparedParameters

    package init(inputs: Int, outputs: Int, prepared: any PreparedParameters) {
        self.inputs = inputs
        self.outputs = outputs
        self.prepared = prepared
    }
}

/// Extent and step of a 2-D convolution.
package struct ConvolutionGeometry: Hashable, Sendable {
    package var kernelHeight: Int
    package var kernelWidth: Int
    package var stride: Int
    package var padding: Padding

    package init(kernelHeight: Int, kernelWidth: Int, stride: Int, padding: Padding) {
        precondition(kernelHeight > 0 && kernelWidth > 0 && stride > 0)
        self.kernelHeight = kernelHeight
        self.kernelWidth = kernelWidth
        self.stride = stride
        self.padding = padding
    }

    /// That of kernels `[outputs, inputs, kernelHeight, kernelWidth]`.
    package init(of kernels: Shape, stride: Int, padding: Padding) {
        self.init(
            kernelHeight: kernels[2],
            kernelWidth: kernels[3],
            stride: stride,
            padding: padding
        )
    }

    /// Height and width of the result for an input of `height` by `width`.
    package func outputSize(height: Int, width: Int) -> (height: Int, width: Int) {
        (
            (height + padding.top + padding.bottom - kernelHeight) / stride + 1,
            (width + padding.left + padding.right - kernelWidth) / stride + 1
        )
    }
}

/// Kernels of a 2-D convolution, prepared for a device.
package struct ConvolutionParameters: Sendable {
    package let inputs: Int
    package let outputs: Int
    package let geometry: ConvolutionGeometry
    package let prepared: any PreparedParameters

    package init(
        inputs: Int,
        outputs: Int,
        geometry: ConvolutionGeometry,
        prepared: any PreparedParameters
    ) {
        self.inputs = inputs
        self.outputs = outputs
        self.geometry = geometry
        self.prepared = prepared
    }
}

/// Kernels of a convolution along time, `taps` frames long and centred, prepared for a device.
package struct TemporalConvolutionParameters: Sendable {
    package let inputs: Int
    package let outputs: Int
    /// Odd.
    package let taps: Int
    package let prepared: any PreparedParameters

    package init(inputs: Int, outputs: Int, taps: Int, prepared: any PreparedParameters) {
        precondition(taps % 2 == 1, "a centred kernel has an odd number of taps, not \(taps)")
        self.inputs = inputs
        self.outputs = outputs
        self.taps = taps
        self.prepared = prepared
    }
}

/// Scale and shift of a normalisation, each `[C]`.
package struct NormParameters: Sendable {
    package let scale: Tensor
    package let shift: Tensor
    package let epsilon: Float

    package init(scale: Tensor, shift: Tensor, epsilon: Float) {
        self.scale = scale
        self.shift = shift
        self.epsilon = epsilon
    }
}

/// What is fused to a convolution.
package struct ConvolutionOptions: Sendable {
    /// The input is first enlarged to this size by nearest neighbour.
    package var enlargedTo: (height: Int, width: Int)?
    /// `[N, Cout]` or `[1, Cout]`, added to every pixel of an image before `activation`.
    package var imageBias: Tensor?
    package var activation: Activation
    /// Added after `activation`, of the result's shape.
    package var residual: Tensor?

    package init(
        enlargedTo: (height: Int, width: Int)? = nil,
        imageBias: Tensor? = nil,
        activation: Activation = .identity,
        residual: Tensor? = nil
    ) {
        self.enlargedTo = enlargedTo
        self.imageBias = imageBias
        self.activation = activation
        self.residual = residual
    }
}

/// Queries, keys or values: `width` columns from `column` on of the rows of `tensor`, so that one
/// fused projection can hold all three side by side.
package struct AttentionOperand: Sendable {
    package let tensor: Tensor
    package let column: Int
    package let width: Int

    /// All columns of `tensor`.
    package init(_ tensor: Tensor) {
        self.init(tensor, column: 0, width: tensor.shape[-1])
    }

    package init(_ tensor: Tensor, column: Int, width: Int) {
        precondition(
            column >= 0 && width > 0 && column + width <= tensor.shape[-1],
            "columns \(column)..<\(column + width) of \(tensor.shape)"
        )
        self.tensor = tensor
        self.column = column
        self.width = width
    }
}

/// What a query may attend to.
package enum AttentionMask: Sendable {
    case none
    /// Query i sees keys 0...i.
    case causal
    /// Added to the scaled scores: `[B, Tq, Tk]`, or `[1, Tq, Tk]` for all batches.
    case additive(Tensor)
}

/// A device: its memory and the operations that networks are made of.
///
/// Operations are coarse, so that each can be one fused kernel, and eager: they may be queued, but
/// behave as if done when they return. They never fail for a legal call; a device that breaks
/// reports it from `download` or `synchronize`. Illegal shapes are a programmer's error and crash.
/// Everything is float32 at this surface. Results depend on the operands and the backend's
/// configuration alone: never on timing or on the number of threads.
package protocol Backend: AnyObject, Sendable {
    /// One line for reports: processor or device, kernels, threads.
    var summary: String { get }

    // MARK: Memory

    /// A tensor whose values are undefined until an operation of this backend fills it.
    func allocate(_ shape: Shape) -> Tensor
    func upload(_ values: HostTensor) -> Tensor
    func download(_ tensor: Tensor) throws(BackendError) -> HostTensor
    /// Waits for all queued operations.
    func synchronize() throws(BackendError)
    var memory: MemoryReport { get }
    /// Makes the current use the new peak.
    func resetPeakMemory()
    /// Gives memory that activations have left back to the system: another network's weights are
    /// about to come, or nothing for a while.
    func releaseUnusedMemory()

    // MARK: Parameters

    /// Prepares a matrix stacked from parts `[outputs_i, inputs]` (also with two axes of 1 after
    /// them), each with its bias `[outputs_i]` or none. A gated matrix serves `gatedLinear` alone.
    func prepareLinear(
        _ parts: [(weight: StoredTensor, bias: StoredTensor?)],
        gated: Bool
    ) -> LinearParameters
    /// Prepares `[outputs, inputs, kernelHeight, kernelWidth]`.
    func prepareConvolution(
        weight: StoredTensor,
        bias: StoredTensor?,
        stride: Int,
        padding: Padding
    ) -> ConvolutionParameters
    /// Prepares `[outputs, inputs, taps]` (also `[outputs, inputs, taps, 1, 1]`).
    func prepareTemporalConvolution(
        weight: StoredTensor,
        bias: StoredTensor?
    ) -> TemporalConvolutionParameters
    /// A small parameter that operations take as a tensor, of the given shape of equal count.
    func prepareTensor(_ stored: StoredTensor, as shape: Shape) -> Tensor

    // MARK: Parts of networks

    /// Runs a part of a network on `inputs`. A backend that remembers operations may keep only the
    /// inputs, and what `body` captures, and run it again later: it has to give the same each time.
    func segment(
        _ inputs: consuming [Tensor],
        _ body: @escaping (consuming [Tensor]) -> Tensor
    ) -> Tensor

    /// Runs a part of a network that will be run again with other values. A backend may remember
    /// the operations that `body` queues and do them again without it: they depend on the key, and
    /// on the shapes of `inputs`, alone, and on no other tensor than these and the owner's weights.
    /// Nothing is uploaded, downloaded or prepared on the way, and no tensor is kept but those
    /// returned.
    func replayed<Failure: Error>(
        _ key: ReplayKey,
        _ inputs: [Tensor],
        _ body: ([Tensor]) throws(Failure) -> [Tensor]
    ) throws(Failure) -> [Tensor]

    // MARK: Products

    /// activation(x Wᵀ + bias) + residual over the rows of `x` `[..., inputs]`.
    func linear(
        _ x: Tensor,
        _ parameters: LinearParameters,
        activation: Activation,
        residual: Tensor?
    ) -> Tensor
    /// x Wᵀ + bias where x is `parts` joined along channels, without joining them. A backend that
    /// has no faster way joins them.
    func linear(joining parts: [Tensor], _ parameters: LinearParameters) -> Tensor
    /// value · GELU(gate) where x Wᵀ + bias is `[..., value | gate]`; half of `outputs` columns.
    func gatedLinear(_ x: Tensor, _ parameters: LinearParameters) -> Tensor
    /// 2-D convolution of `[N, H, W, C]` with zero padding.
    func convolve(
        _ x: Tensor,
        _ parameters: ConvolutionParameters,
        _ options: ConvolutionOptions
    ) -> Tensor
    /// Convolution along F of `[B, F, H, W, C]`, zeros before the first and after the last frame,
    /// plus `residual` of the result's shape.
    func convolveTemporal(
        _ x: Tensor,
        _ parameters: TemporalConvolutionParameters,
        residual: Tensor?
    ) -> Tensor
    /// softmax(scale · q kᵀ + mask) v per head: q and the result are `[B, Tq, heads · D]`, k and v
    /// `[B, Tk, heads · D]` (k and v of batch 1 serve every batch).
    func attention(
        query: AttentionOperand,
        key: AttentionOperand,
        value: AttentionOperand,
        heads: Int,
        scale: Float,
        mask: AttentionMask
    ) -> Tensor
    /// The same along F for every pixel of `[B, F, P, heads · D]`.
    func temporalAttention(
        query: AttentionOperand,
        key: AttentionOperand,
        value: AttentionOperand,
        heads: Int,
        scale: Float
    ) -> Tensor

    // MARK: Norms

    /// Normalises `[N, ..., C]` over each image's rows and each of `groups` runs of channels, then
    /// scales, shifts and activates. Statistics are per outermost slice; biased variance.
    func groupNorm(
        _ x: Tensor,
        _ parameters: NormParameters,
        groups: Int,
        activation: Activation
    ) -> Tensor
    /// The same of `parts` joined along channels, without joining them. A backend that has no
    /// faster way joins them.
    func groupNorm(
        joining parts: [Tensor],
        _ parameters: NormParameters,
        groups: Int,
        activation: Activation
    ) -> Tensor
    /// Normalises each row `[..., C]`.
    func layerNorm(_ x: Tensor, _ parameters: NormParameters) -> Tensor

    // MARK: Pointwise and movement

    func activate(_ x: Tensor, _ activation: Activation) -> Tensor
    /// Σ coefficient · tensor, all of one shape, summed in the order given.
    func combine(_ terms: [(coefficient: Float, tensor: Tensor)]) -> Tensor
    /// Adds row `(r / repeats) % rows` of `table` `[rows, C]` to row r of `x` `[..., C]`:
    /// positions, frame positions (`repeats` pixels a frame), biases.
    func addRows(_ x: Tensor, _ table: Tensor, repeats: Int) -> Tensor
    /// Rows `indices` of `table` `[rows, C]` as `[indices.count, C]`.
    func gather(_ table: Tensor, _ indices: [Int]) -> Tensor
    /// Joins `[..., C_i]` along channels.
    func concatenateChannels(_ parts: [Tensor]) -> Tensor
    /// Joins `[n_i, ...]` along the outermost axis.
    func concatenateOuter(_ parts: [Tensor]) -> Tensor
    /// Columns `range` of `[..., C]`.
    func sliceChannels(_ x: Tensor, _ range: Range<Int>) -> Tensor
    /// The tensor whose axis i is `x`'s axis `axes[i]`.
    func permute(_ x: Tensor, _ axes: [Int]) -> Tensor
    /// `[N, H, W, C]` to another height and width.
    func resize(_ x: Tensor, height: Int, width: Int, _ filter: ResizeFilter) -> Tensor
    /// `[N, H, W, s·s·C]` (row offset, column offset, channel) to `[N, sH, sW, C]`.
    func depthToSpace(_ x: Tensor, factor: Int) -> Tensor
}

/// A device that can be asked how fast it is at most.
///
/// Both may only queue the work: `synchronize` ends it.
package protocol MeasurableBackend: Backend {
    /// Multiplies and adds in registers on the whole device.
    ///
    /// - Returns: Additions and multiplications done.
    func probeArithmetic() -> Double
    /// Copies a block larger than the caches.
    ///
    /// - Returns: Bytes read plus bytes written.
    func probeCopy() -> Int
}

extension Backend {
    package func prepareTensor(_ stored: StoredTensor, as shape: Shape) -> Tensor {
        upload(HostTensor(stored.floats(), shape))
    }

    package func segment(
        _ inputs: consuming [Tensor],
        _ body: @escaping (consuming [Tensor]) -> Tensor
    ) -> Tensor {
        body(consume inputs)
    }

    package func replayed<Failure: Error>(
        _ key: ReplayKey,
        _ inputs: [Tensor],
        _ body: ([Tensor]) throws(Failure) -> [Tensor]
    ) throws(Failure) -> [Tensor] {
        try body(inputs)
    }

    package func groupNorm(
        joining parts: [Tensor],
        _ parameters: NormParameters,
        groups: Int,
        activation: Activation
    ) -> Tensor {
        groupNorm(
            concatenateChannels(parts),
            parameters,
            groups: groups,
            activation: activation
        )
    }

    package func linear(joining parts: [Tensor], _ parameters: LinearParameters) -> Tensor {
        linear(concatenateChannels(parts), parameters, activation: .identity, residual: nil)
    }

    /// Requires that queries, keys and values are equally wide and divide into the heads.
    func checkHeads(
        _ query: AttentionOperand,
        _ key: AttentionOperand,
        _ value: AttentionOperand,
        _ heads: Int
    ) {
        precondition(
            heads > 0 && query.width % heads == 0 && key.width == query.width
                && value.width == query.width,
            "\(heads) heads of queries \(query.width), keys \(key.width), values \(value.width)"
        )
    }
}

/// How `Backend.resize` samples; the definitions are those of PyTorch's `interpolate` without
/// antialiasing.
package enum ResizeFilter: Int32, CaseIterable, Sendable {
    case nearest = 0
    /// Corner pixels map to corner pixels.
    case bilinearAlignedCorners = 1
    /// Pixel centres map to pixel centres (`align_corners` false).
    case bilinear = 2
    /// Keys' kernel with a = -0.75, pixel centres map to pixel centres.
    case bicubic = 3
}

extension Backend {
    package func releaseUnusedMemory() {}
}
