import Tensors

/// Weights as the kernels of products want them.
///
/// Values are `[outputs][taps][padded]`, with zeros behind the channels of each tap; the bias is
/// float32. A gated matrix has each row of values before the row of its gate.
final class CudaMatrix: PreparedParameters {
    let byteCount: Int
    let outputs: Int
    let channels: Int
    let taps: Int
    let isGated: Bool
    /// Nil if the device had no room.
    let weights: CudaArena.Block?
    /// Nil without a bias too.
    let bias: CudaArena.Block?
    /// The bias as values are stored, for cuBLASLt; nil where that does not make products.
    let narrowBias: CudaArena.Block?

    /// Channels of a tap with the zeros behind them.
    var padded: Int { Self.padded(channels) }
    /// Values of a row.
    var columns: Int { taps * padded }

    static func padded(_ channels: Int) -> Int { (channels + 7) / 8 * 8 }

    init(
        outputs: Int,
        channels: Int,
        taps: Int,
        isGated: Bool,
        byteCount: Int,
        weights: CudaArena.Block?,
        bias: CudaArena.Block?,
        narrowBias: CudaArena.Block? = nil
    ) {
        self.outputs = outputs
        self.channels = channels
        self.taps = taps
        self.isGated = isGated
        self.byteCount = byteCount
        self.weights = weights
        self.bias = bias
        self.narrowBias = narrowBias
    }
}
