import Evaluation
import Pipelines
import Testing

struct FrameChangeTests {
    @Test func `a still clip does not change and flickers not at all`() {
        let still = FrameChange(TestClips.clip(4) { _, x, y in Float(x + y) })
        #expect(still.rms == [0, 0, 0])
        #expect(still.mean == 0)
        #expect(still.flickering == 1)
    }

    @Test func `a change of every pixel by five is five in both means`() {
        let change = FrameChange(TestClips.clip(3) { frame, _, _ in Float(100 + 5 * frame) })
        #expect(change.rms == [5, 5])
        #expect(change.absolute == [5, 5])
        #expect(change.flickering == 250.0 / 255)
    }

    @Test func `the change is relative to the source's, whose stillness divides nothing by zero`() {
        let still = FrameChange(TestClips.clip(3) { _, _, _ in 7 })
        let moving = FrameChange(TestClips.clip(3) { frame, _, _ in Float(frame) })
        #expect(still.relative(to: still) == [1, 1])
        #expect(moving.relative(to: still).allSatisfy { abs($0 - 11) < 1e-9 })
        #expect(moving.relative(to: nil) == [1.1, 1.1])
    }

    @Test func `a single frame has no change`() {
        let change = FrameChange(TestClips.noise(1, seed: 1))
        #expect(change.mean == nil && change.flickering == nil && change.rms.isEmpty)
    }
}
