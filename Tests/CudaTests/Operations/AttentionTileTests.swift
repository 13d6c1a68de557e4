import Cuda
import Testing

struct AttentionTileTests {
    @Test(arguments: [1, 3, 16, 32, 33, 40, 64, 77, 80, 100, 128, 160, 161, 512, 5632])
    func `every width has a kernel that holds it`(_ width: Int) {
        for (queries, keys) in [(1, 1), (16, 16), (17, 33), (4096, 4096), (64, 77)] {
            for precision in CudaPrecision.allCases {
                let tile = AttentionTile(queries: queries, keys: keys, width: width, precision)
                #expect(tile.rows > 0 && tile.rows * tile.tiles >= queries)
                #expect(tile.rows * (tile.tiles - 1) < queries)
                let isPlain = !precision.isHalf || width > 512
                #expect((tile.kernel == .attendPlain) == isPlain, "\(width)")
                // The plain kernel asks for no more than every block may have.
                #expect(tile.sharedBytes <= (isPlain ? 45 << 10 : 96 << 10))
                guard !isPlain else { continue }
                let warpsOfRows = tile.kernel == .attend512 ? 4 : 1
                #expect(tile.threads == 2 * warpsOfRows * tile.rows && tile.rows % 16 == 0)
            }
        }
    }

    @Test func `the widths of the networks waste little`() {
        func kernel(_ width: Int, _ keys: Int) -> Kernel {
            AttentionTile(queries: keys, keys: keys, width: width, .float16).kernel
        }
        #expect(
            [40, 64, 80, 160].map { kernel($0, 4096) }
                == [.attend48Long, .attend64Long, .attend80Long, .attend160Long]
        )
        #expect([40, 80, 160].map { kernel($0, 16) } == [.attend48, .attend80, .attend160])
    }
}
