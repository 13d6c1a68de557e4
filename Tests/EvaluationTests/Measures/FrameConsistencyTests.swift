import Evaluation
import Testing

struct FrameConsistencyTests {
    /// A unit vector of the plane.
    private func direction(_ degrees: Double) -> [Float] {
        let angle = degrees * .pi / 180
        return [Float(cosine(angle)), Float(cosine(angle - .pi / 2))]
    }

    /// Enough terms of the series for angles up to a turn.
    private func cosine(_ x: Double) -> Double {
        var (sum, term) = (1.0, 1.0)
        for index in 1..<20 {
            term *= -x * x / Double((2 * index - 1) * 2 * index)
            sum += term
        }
        return sum
    }

    @Test func `equal frames have one in both ways, whatever their length`() {
        let consistency = FrameConsistency([[1, 2, 3], [2, 4, 6], [0.5, 1, 1.5]])
        #expect(abs(consistency.consecutive - 1) < 1e-12)
        #expect(abs(consistency.allPairs - 1) < 1e-12)
    }

    @Test func `consecutive and all pairs are different numbers`() {
        let consistency = FrameConsistency([0, 30, 60].map(direction))
        #expect(abs(consistency.consecutive - cosine(.pi / 6)) < 1e-6)
        let all = (2 * cosine(.pi / 6) + cosine(.pi / 3)) / 3
        #expect(abs(consistency.allPairs - all) < 1e-6)
    }

    @Test func `prompt consistency is the mean cosine times a hundred`() {
        let value = FrameConsistency.withPrompt([0, 60].map(direction), prompt: [2, 0])
        #expect(abs(value - 75) < 1e-5)
    }

    @Test func `frames that differ from window to window show in the difference`() throws {
        // Windows 0..<4 and 4..<8, without overlap.
        let layout = try ShotLayout(frameCount: 8, length: 4, overlap: 0)
        let embeddings = (0..<8).map { direction($0 < 4 ? 0 : 40) }
        let windows = try #require(WindowConsistency(embeddings, layout))
        #expect(abs(windows.inside - 1) < 1e-6)
        #expect(abs(windows.across - cosine(40 * .pi / 180)) < 1e-6)
        #expect(windows.distances == 1...3)
    }

    @Test func `steady change is no difference between inside and across`() throws {
        let layout = try ShotLayout(frameCount: 24, length: 8, overlap: 4)
        let windows = try #require(
            WindowConsistency((0..<24).map { direction(Double($0) * 3) }, layout)
        )
        #expect(abs(windows.inside - windows.across) < 1e-6)
        #expect(windows.distances == 5...7)
    }

    @Test func `a single window has nothing across`() throws {
        let layout = try ShotLayout(frameCount: 8, length: 8, overlap: 4)
        #expect(WindowConsistency((0..<8).map { direction(Double($0)) }, layout) == nil)
    }
}
