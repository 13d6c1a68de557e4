import Cuda
import Testing

struct ProductGradientTileTests {
    @Test(arguments: [1, 31, 32, 257, 4096, 65_537])
    func `slices cover all positions in whole steps`(_ rows: Int) {
        for precision in CudaPrecision.allCases {
            for (outputs, columns) in [(1, 8), (320, 320), (130, 2880), (1280, 23_040)] {
                let tile = ProductGradientTile(
                    rows: rows,
                    outputs: outputs,
                    columns: columns,
                    precision
                )
                #expect(tile.rowsPerSlice % 32 == 0)
                #expect(tile.slices * tile.rowsPerSlice >= rows)
                #expect((tile.slices - 1) * tile.rowsPerSlice < rows)
                let edge = tile.kernel == .productGradientPlain ? 64 : 128
                let tiles = (outputs + edge - 1) / edge * ((columns + edge - 1) / edge)
                #expect(tile.blocks == tiles * tile.slices)
                #expect(tile.sharedBytes <= (edge == 64 ? 0 : 96 << 10))
            }
        }
    }

    @Test func `a large matrix is not summed in slices, and a small one over many rows is`() {
        func slices(_ outputs: Int, _ columns: Int) -> Int {
            ProductGradientTile(rows: 65_536, outputs: outputs, columns: columns, .bfloat16).slices
        }
        #expect(slices(1280, 23_040) == 1)
        #expect(slices(320, 320) > 20)
    }
}
