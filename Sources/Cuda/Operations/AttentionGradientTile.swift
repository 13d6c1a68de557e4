/// Which kernels make the gradient of an attention and over how many blocks.
package struct AttentionGradientTile: Hashable {
    /// What a kernel's rows are: queries whose statistics are found, queries, or keys.
    package enum Pass: CaseIterable {
        case statistics
        case queries
        case keys
    }

    package let kernel: Kernel
    /// Queries or keys of a block.
    package let rows: Int
    /// Blocks a sequence and head.
    package let tiles: Int
    package let threads: Int
    package let sharedBytes: Int

    /// Floats of shared memory that a plain kernel takes for its operands and sums.
    private static let plainFloats = 11 << 10
    /// Widest head of which those of one row fit.
    package static let widest = plainFloats / 4

    private static let kinds: [(width: Int, kernels: [Pass: Kernel])] = [
        (32, [.statistics: .statistics32, .queries: .queries32, .keys: .keys32]),
        (64, [.statistics: .statistics64, .queries: .queries64, .keys: .keys64]),
        (80, [.statistics: .statistics80, .queries: .queries80, .keys: .keys80]),
        (160, [.statistics: .statistics160, .queries: .queries160, .keys: .keys160]),
    ]
    private static let plain: [Pass: Kernel] = [
        .statistics: .statisticsPlain, .queries: .queriesPlain, .keys: .keysPlain,
    ]

    /// Decides by the size alone.
    ///
    /// - Parameters:
    ///   - pass: Which of the three.
    ///   - count: Queries or keys of a sequence, at least 1.
    ///   - width: Of a head, at most `widest`.
    ///   - precision: How values are kept.
    package init(_ pass: Pass, count: Int, width: Int, _ precision: CudaPrecision) {
        precondition(width > 0 && width <= Self.widest, "heads of \(width) columns")
        let fitting = Self.kinds.first { $0.width >= width }
        guard precision.isHalf, let fitting, let kernel = fitting.kernels[pass] else {
            self.kernel = Self.plain[pass] ?? .queriesPlain
            rows = max(1, min(16, Self.plainFloats / 4 / width))
            tiles = (count + rows - 1) / rows
            threads = 128
            sharedBytes = pass == .statistics ? 0 : 4 * rows * width * 4
            return
        }
        let warps = min(4, (count + 15) / 16)
        self.kernel = kernel
        rows = 16 * warps
        tiles = (count + rows - 1) / rows
        threads = 32 * warps
        // Two operands of the block's rows and two of up to 32 others, in rows of the width and 8
        // values that keep banks apart; and the others' statistics.
        sharedBytes = 2 * (rows + 32) * (fitting.width + 8) * 2 + 32 * 2 * 4
    }
}
