/// Which kernel makes a product and over how many blocks.
package struct ProductTile: Hashable {
    package let kernel: Kernel
    package let blocks: Int
    package let threads: Int
    package let sharedBytes: Int

    /// Decides by the size alone; all tiles give the same bits.
    ///
    /// - Parameters:
    ///   - rows: Of the result.
    ///   - columns: Of the result, before a gate.
    ///   - precision: How values are kept.
    package init(rows: Int, columns: Int, _ precision: CudaPrecision) {
        func tiles(_ count: Int, _ edge: Int) -> Int { (count + edge - 1) / edge }
        threads = 256
        guard precision != .float32 else {
            kernel = .productPlain
            blocks = tiles(rows, 64) * tiles(columns, 64)
            sharedBytes = 0
            return
        }
        // Wide tiles read less; narrow ones where the last of the wide would be half empty.
        let wide = tiles(columns, 128) * 128
        let narrow = tiles(columns, 64) * 64
        let edge = wide > narrow ? 64 : 128
        kernel = edge == 64 ? .product64 : .product128
        blocks = tiles(rows, 128) * tiles(columns, edge)
        // Three stages of both operands' slices, rows of 64 bytes, 80 apart.
        sharedBytes = 3 * (128 + edge) * 80
    }
}
