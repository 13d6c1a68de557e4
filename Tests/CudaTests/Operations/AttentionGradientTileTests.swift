import Cuda
import Testing

struct AttentionGradientTileTests {
    @Test(arguments: [1, 3, 32, 33, 64, 65, 80, 81, 160, 161, 512, 2816])
    func `every width has kernels that hold it`(_ width: Int) {
        for pass in AttentionGradientTile.Pass.allCases {
            for count in [1, 16, 17, 64, 65, 4096] {
                for precision in CudaPrecision.allCases {
                    let tile = AttentionGradientTile(pass, count: count, width: width, precision)
                    #expect(tile.rows > 0 && tile.rows * tile.tiles >= count)
                    #expect(tile.rows * (tile.tiles - 1) < count)
                    let isPlain = !precision.isHalf || width > 160
                    #expect(tile.kernel.rawValue.hasSuffix("plain") == isPlain, "\(width)")
                    // A plain kernel asks for no more than every block may have, beside its own.
                    #expect(tile.sharedBytes <= (isPlain ? 44 << 10 : 96 << 10))
                    #expect(isPlain || tile.threads == 2 * tile.rows)
                }
            }
        }
    }

    @Test func `passes have kernels of their own`() {
        for width in [20, 64, 80, 160, 200] {
            let kernels = AttentionGradientTile.Pass.allCases.map {
                AttentionGradientTile($0, count: 9, width: width, .float16).kernel
            }
            #expect(Set(kernels).count == 3)
        }
    }
}
