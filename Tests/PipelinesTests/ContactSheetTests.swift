import Models
import Pipelines
import Tensors
import Testing

struct ContactSheetTests {
    @Test func `pictures and maps stand in rows with a line between`() {
        let white = HostTensor(repeating: 1, [2, 3, 3])
        let map = HostTensor(repeating: -1, [2, 3])
        let sheet = ContactSheet.image([[white, map], [map]])
        #expect((sheet.width, sheet.height) == (8, 6))
        func grey(_ x: Int, _ y: Int) -> UInt8 { sheet.pixels[(y * 8 + x) * 3] }
        #expect(grey(0, 0) == 255)
        #expect(grey(2, 1) == 255)
        #expect(grey(3, 0) == 24)
        #expect(grey(5, 0) == 0)
        #expect(grey(0, 2) == 24)
        #expect(grey(0, 4) == 0)
        #expect(grey(5, 4) == 24)
    }

    @Test func `a map is stretched between its extremes`() {
        let map = HostTensor([2, 3, 4, 6], [2, 2])
        #expect(ContactSheet.stretched(map).values == [-1, -0.5, 0, 1])
    }
}
