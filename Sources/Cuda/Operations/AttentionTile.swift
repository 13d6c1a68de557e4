/// Which kernel attends and over how many blocks.
package struct AttentionTile: Hashable {
    package let kernel: Kernel
    /// Queries of a block.
    package let rows: Int
    /// Blocks a sequence and head.
    package let tiles: Int
    package let threads: Int
    package let sharedBytes: Int

    /// Floats of shared memory that the plain kernel takes for its queries and sums.
    private static let plainFloats = 11 << 10
    /// Widest head whose sums of one query fit.
    package static let widest = plainFloats / 2

    private static let short: [(width: Int, kernel: Kernel)] = [
        (32, .attend32), (48, .attend48), (64, .attend64), (80, .attend80), (128, .attend128),
        (160, .attend160),
    ]
    private static let long: [(width: Int, kernel: Kernel)] = [
        (48, .attend48Long), (64, .attend64Long), (80, .attend80Long), (160, .attend160Long),
    ]

    /// Decides by the size alone.
    ///
    /// - Parameters:
    ///   - queries: Of a sequence, at least 1.
    ///   - keys: Of a sequence; few are taken 32 at a time, many 64.
    ///   - width: Of a head, at most `widest`.
    ///   - precision: How values are kept.
    package init(queries: Int, keys: Int, width: Int, _ precision: CudaPrecision) {
        precondition(width > 0 && width <= Self.widest, "heads of \(width) columns")
        if precision.isHalf, (161...512).contains(width) {
            // Four warps share 16 queries, and add up parts of 32 scores each.
            let groups = min(2, (queries + 15) / 16)
            kernel = .attend512
            rows = 16 * groups
            tiles = (queries + rows - 1) / rows
            threads = 128 * groups
            sharedBytes = 2 * 32 * (512 + 8) * 2 + 4 * groups * 16 * 32 * 4
            return
        }
        let kinds = keys > 32 ? Self.long : Self.short
        let fitting = kinds.first { $0.width >= width } ?? Self.short.last
        guard precision.isHalf, let fitting, fitting.width >= width else {
            kernel = .attendPlain
            rows = max(1, min(16, Self.plainFloats / 2 / width))
            tiles = (queries + rows - 1) / rows
            threads = 128
            sharedBytes = 2 * rows * width * 4
            return
        }
        let warps = min(4, (queries + 15) / 16)
        let keysAtATime = keys > 32 && Self.long.contains { $0.kernel == fitting.kernel } ? 64 : 32
        kernel = fitting.kernel
        rows = 16 * warps
        tiles = (queries + rows - 1) / rows
        threads = 32 * warps
        // Keys and values in rows of the width and 8 values that keep banks apart.
        sharedBytes = 2 * keysAtATime * (fitting.width + 8) * 2
    }
}
