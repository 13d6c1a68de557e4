import Evaluation
import Testing

struct LayoutSensitivityTests {
    @Test func `moved borders that change nothing give 0, as much as another seed 1`() throws {
        let (a, b) = (TestClips.noise(3, seed: 1), TestClips.noise(3, seed: 2))
        #expect(LayoutSensitivity.value(a, moved: a, reseeded: b) == 0)
        #expect(LayoutSensitivity.value(a, moved: b, reseeded: b) == 1)
        #expect(LayoutSensitivity.value(a, moved: b, reseeded: a) == nil)
        let moved = TestClips.clip(3) { frame, x, _ in Float(frame + x) }
        let first = TestClips.clip(3) { frame, x, _ in Float(frame + x + 3) }
        let other = TestClips.clip(3) { frame, x, _ in Float(frame + x + 33) }
        let value = try #require(LayoutSensitivity.value(first, moved: moved, reseeded: other))
        #expect(abs(value - 0.1) < 1e-12)
    }
}
