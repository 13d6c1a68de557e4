/// Which kernel makes a gradient of weights, and over how many blocks.
package struct ProductGradientTile: Hashable {
    /// Blocks that keep a device busy; above it, positions are shared out in no more slices.
    private static let wantedBlocks = 256
    /// Positions that are worth a block.
    private static let leastRows = 256

    package let kernel: Kernel
    package let blocks: Int
    package let threads = 256
    package let sharedBytes: Int
    /// Of positions, whose sums are added in order.
    package let slices: Int
    package let rowsPerSlice: Int

    /// Decides by the size alone.
    ///
    /// - Parameters:
    ///   - rows: Positions that are summed over.
    ///   - outputs: Of the weights.
    ///   - columns: Of a row of the weights.
    ///   - precision: How values are kept.
    package init(rows: Int, outputs: Int, columns: Int, _ precision: CudaPrecision) {
        let edge = precision.isHalf ? 128 : 64
        kernel = precision.isHalf ? .productGradient128 : .productGradientPlain
        // Three stages of both operands' slices of 32 positions.
        sharedBytes = precision.isHalf ? 3 * 2 * 32 * (128 + 8) * 2 : 0
        let tiles = (outputs + edge - 1) / edge * ((columns + edge - 1) / edge)
        let wanted = max(1, min(Self.wantedBlocks / tiles, rows / Self.leastRows))
        // Whole steps of the kernel.
        rowsPerSlice = ((rows + wanted - 1) / wanted + 31) / 32 * 32
        slices = (rows + rowsPerSlice - 1) / rowsPerSlice
        blocks = tiles * slices
    }
}
