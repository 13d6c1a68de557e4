import Evaluation
import Pipelines
import TestSupport
import Testing

struct SeamIndexTests {
    private func layout(_ frames: Int) throws -> ShotLayout {
        try ShotLayout(frameCount: frames, length: 16, overlap: 8)
    }

    /// A slow ramp with noise, and a jump of brightness at each of the transitions.
    private func clip(_ frames: Int, jumpsAt: Set<Int>, by size: Float = 6) -> Pictures {
        var generator = SeededGenerator(seed: 3)
        var level: Float = 60
        var sign: Float = 1
        return TestClips.clip(frames, width: 16, height: 8) { frame, x, y in
            if x == 0, y == 0, frame > 0, jumpsAt.contains(frame - 1) {
                level += sign * size
                sign = -sign
            }
            return level + Float(x) + Float.random(in: -1...1, using: &generator)
        }
    }

    @Test func `jumps planted at the borders are seen and rank first`() throws {
        let layout = try layout(64)
        let change = FrameChange(clip(64, jumpsAt: layout.borders)).relative(to: nil)
        let seam = try #require(SeamIndex(change: change, layout: layout))
        #expect(seam.value > 3)
        #expect(seam.rank == 1)
        #expect(seam.phases == 4, "half windows have a border every four frames")
        #expect(seam.pValue == 0.25)
    }

    @Test func `jumps planted at another phase make the index small and rank last`() throws {
        let layout = try layout(64)
        let change = FrameChange(clip(64, jumpsAt: layout.borders(slidBy: 2))).relative(to: nil)
        let seam = try #require(SeamIndex(change: change, layout: layout))
        #expect(seam.value < 1.1)
        #expect(seam.rank > 1)
    }

    @Test func `an output that changes as its source does has an index of exactly one`() throws {
        let layout = try layout(40)
        let source = FrameChange(TestClips.noise(40, seed: 1))
        let seam = try #require(
            SeamIndex(change: source.relative(to: source), layout: layout)
        )
        #expect(seam.value == 1)
        #expect(seam.rank == seam.phases, "ties count against the true phase")
    }

    @Test func `what moves in the source does not count as a seam`() throws {
        let layout = try layout(64)
        let source = FrameChange(clip(64, jumpsAt: layout.borders, by: 20))
        let output = FrameChange(clip(64, jumpsAt: layout.borders, by: 20))
        let seam = try #require(SeamIndex(change: output.relative(to: source), layout: layout))
        #expect(seam.value == 1)
    }

    @Test func `a single window has no borders and a border everywhere leaves no elsewhere`() throws
    {
        let change = [Double](repeating: 1, count: 11)
        let single = try ShotLayout(frameCount: 12, length: 16, overlap: 8)
        #expect(SeamIndex(change: change, layout: single) == nil)
        let dense = try ShotLayout(frameCount: 12, length: 2, overlap: 1)
        #expect(SeamIndex(change: change, layout: dense) == nil)
    }
}
