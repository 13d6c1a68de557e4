import Evaluation
import Pipelines
import Scenes
import Tensors
import Testing

struct WarpErrorTests {
    private func steady(_ count: Int, _ clip: Pictures, x: Float, y: Float) -> [MaskedFlow] {
        let size = clip.width * clip.height
        let flow = FlowField(
            width: clip.width,
            height: clip.height,
            u: [Float](repeating: x, count: size),
            v: [Float](repeating: y, count: size)
        )
        return Array(
            repeating: MaskedFlow(flow, isSeen: [Bool](repeating: true, count: size)),
            count: count
        )
    }

    @Test func `a pan warped by its own flow has no error, by no flow it has`() throws {
        let clip = TestClips.pan(4, x: 3, y: -2)
        let exact = try #require(WarpError(clip, steady(3, clip, x: 3, y: -2)))
        #expect(exact.mean == 0)
        #expect(exact.values == [0, 0, 0])
        // Columns and rows that leave the picture are not seen.
        #expect(abs(exact.coverage - Double(61 * 46) / Double(64 * 48)) < 1e-9)
        let still = try #require(WarpError(clip, steady(3, clip, x: 0, y: 0)))
        #expect(still.mean > 1e-3)
    }

    @Test func `a half pixel is sampled between two`() throws {
        // A ramp of 2 levels a pixel that moves by half a pixel loses 1 level a frame.
        let clip = TestClips.clip(3) { frame, x, _ in Float(2 * x + 40 - frame) }
        let error = try #require(WarpError(clip, steady(2, clip, x: 0.5, y: 0)))
        // The last column alone is extrapolated.
        #expect(error.mean < 1e-6)
    }

    @Test func `the exact flow of a scene explains what its clip shows`() throws {
        let scene = SceneClip(
            seed: 4,
            SceneSettings(width: 64, height: 64, framesPerSecond: 6, look: .albedo)
        )
        let frames = (0..<4).map { scene.frame($0) }
        let clip = Pictures(count: 4, height: 64, width: 64, bytes: frames.flatMap(\.pixels))
        let truth = MaskedFlow.truth(
            flow: HostTensor(frames.flatMap(\.flow), [4, 64, 64, 2]),
            visibility: HostTensor(frames.flatMap { $0.visibility.map { Float($0) } }, [4, 64, 64])
        )
        let exact = try #require(WarpError(clip, truth))
        let still = try #require(WarpError(clip, steady(3, clip, x: 0, y: 0)))
        #expect(exact.mean < still.mean / 2, "\(exact.mean) of \(still.mean)")
        #expect(exact.coverage > 0.7)
    }

    @Test func `transitions left out do not count, and without any there is no error`() throws {
        let clip = TestClips.noise(3, seed: 2)
        let flows = steady(2, clip, x: 0, y: 0)
        let error = try #require(WarpError(clip, flows, leavingOut: [0]))
        #expect(error.values[0] == nil)
        #expect(error.mean == error.values[1])
        #expect(WarpError(clip, flows, leavingOut: [0, 1]) == nil)
        let hidden = MaskedFlow(
            flows[0].flow,
            isSeen: [Bool](repeating: false, count: clip.width * clip.height)
        )
        #expect(WarpError(clip, [hidden, hidden]) == nil)
    }
}
