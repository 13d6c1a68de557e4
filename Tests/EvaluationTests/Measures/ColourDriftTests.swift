import Evaluation
import Pipelines
import Testing

struct ColourDriftTests {
    @Test func `a ramp of colour has its slope, channel by channel`() {
        var bytes: [UInt8] = []
        for frame in 0..<20 {
            for _ in 0..<12 {
                bytes += [UInt8(60 + 2 * frame), UInt8(120), UInt8(200 - 3 * frame)]
            }
        }
        let drift = ColourDrift(Pictures(count: 20, height: 3, width: 4, bytes: bytes))
        #expect(drift.slopes[0] == 2 && drift.slopes[1] == 0 && drift.slopes[2] == -3)
        #expect(drift.steepest == -3)
        #expect(drift.means[5] == [70, 120, 185])
    }

    @Test func `jumps at borders are told apart from change elsewhere`() throws {
        let layout = try ShotLayout(frameCount: 24, length: 8, overlap: 0)
        let clip = TestClips.clip(24) { frame, _, _ in Float(50 + frame + 20 * (frame / 8)) }
        let jumps = try #require(ColourDrift(clip).jumps(layout))
        #expect(jumps.borders == 21 && jumps.elsewhere == 1)
        let single = try ShotLayout(frameCount: 24, length: 24, overlap: 0)
        #expect(ColourDrift(clip).jumps(single) == nil)
    }

    @Test func `a single frame has no slope`() {
        #expect(ColourDrift(TestClips.noise(1, seed: 4)).steepest == 0)
    }
}
