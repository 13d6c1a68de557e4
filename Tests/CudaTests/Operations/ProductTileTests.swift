import Cuda
import Testing

struct ProductTileTests {
    @Test(arguments: [1, 64, 65, 128, 130, 320, 640, 1280, 2560])
    func `tiles cover the result, and no column of tiles is half empty`(_ columns: Int) {
        for precision in [CudaPrecision.tf32, .float16, .bfloat16] {
            for rows in [1, 128, 129, 65_536] {
                let tile = ProductTile(rows: rows, columns: columns, precision)
                let edge = tile.kernel == .product64 ? 64 : 128
                #expect(tile.blocks == (rows + 127) / 128 * ((columns + edge - 1) / edge))
                #expect((columns + edge - 1) / edge * edge - columns < 64)
                #expect(tile.sharedBytes <= 96 << 10)
            }
        }
        let plain = ProductTile(rows: 65, columns: columns, .float32)
        #expect(plain.kernel == .productPlain && plain.sharedBytes == 0)
        #expect(plain.blocks == 2 * ((columns + 63) / 64))
    }
}
