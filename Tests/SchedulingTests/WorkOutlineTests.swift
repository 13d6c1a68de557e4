import Scheduling
import Testing

struct WorkOutlineTests {
    @Test func `neighbours are the windows that share a frame, however many`() {
        let outline = WorkOutline(
            frameCount: 10,
            windows: [0..<6, 2..<8, 4..<10],
            rounds: [0..<1],
            chunkFrames: 4
        )
        #expect(outline.neighbours(of: 0) == 0..<3)
        #expect((0..<outline.chunkCount).map(outline.chunk) == [0..<4, 4..<8, 8..<10])
        let touching = WorkOutline(
            frameCount: 4,
            windows: [0..<2, 2..<4],
            rounds: [0..<1],
            chunkFrames: 4
        )
        #expect(touching.neighbours(of: 0) == 0..<1)
    }

    @Test func `a hole between windows is a programmer's error`() async {
        await #expect(processExitsWith: .failure) {
            _ = WorkOutline(
                frameCount: 6,
                windows: [0..<2, 3..<6],
                rounds: [0..<1],
                chunkFrames: 1
            )
        }
    }

    @Test func `a gap between rounds is a programmer's error`() async {
        await #expect(processExitsWith: .failure) {
            _ = WorkOutline(
                frameCount: 2,
                windows: [0..<2],
                rounds: [0..<1, 2..<3],
                chunkFrames: 1
            )
        }
    }
}
