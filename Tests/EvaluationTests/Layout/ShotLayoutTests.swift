import Diffusion
import Evaluation
import Testing

struct ShotLayoutTests {
    @Test func `borders are where the windows change and in the middle of overlaps`() throws {
        // Windows 0..<16, 8..<24, 16..<32.
        let layout = try ShotLayout(frameCount: 32, length: 16, overlap: 8)
        #expect(layout.borders == [7, 11, 15, 19, 23])
        #expect(layout.stride == 8)
        let wide = try ShotLayout(frameCount: 28, length: 16, overlap: 4)
        // 0..<16 and 12..<28: shared 12..<16, passed on between 13 and 14.
        #expect(wide.borders == [11, 13, 15])
    }

    @Test func `a slid border set keeps its size and comes round`() throws {
        let layout = try ShotLayout(frameCount: 32, length: 16, overlap: 8)
        for offset in 0..<40 {
            let slid = layout.borders(slidBy: offset)
            #expect(slid.count == layout.borders.count)
            #expect(slid.allSatisfy { (0..<31).contains($0) })
        }
        #expect(layout.borders(slidBy: 31) == layout.borders)
    }

    @Test func `each shot has windows of its own and a cut is no transition`() throws {
        let layout = try ShotLayout(shots: [0..<20, 20..<44], length: 16, overlap: 8)
        #expect(layout.frameCount == 44)
        #expect(layout.cuts == [20])
        #expect(!layout.transitions.contains(19))
        #expect(layout.transitions.count == 42)
        // Of the second shot: windows 20..<36 and 28..<44.
        #expect(Set(layout.borders.filter { $0 >= 20 }) == [27, 31, 35])
        #expect(layout.areTogether(21, 35))
        #expect(!layout.areTogether(21, 36))
        #expect(!layout.areTogether(19, 20))
        #expect(layout.hasBorders)
    }

    @Test func `numbers out of range are refused`() {
        #expect(throws: StitchError.self) {
            try ShotLayout(frameCount: 10, length: 8, overlap: 8)
        }
        #expect(throws: StitchError.self) {
            try ShotLayout(frameCount: 0, length: 8, overlap: 4)
        }
    }
}
