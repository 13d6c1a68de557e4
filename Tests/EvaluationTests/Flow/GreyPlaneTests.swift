import Evaluation
import Pipelines
import Testing

struct GreyPlaneTests {
    @Test func `luma weighs the three colours`() {
        let clip = Pictures(
            count: 1,
            height: 1,
            width: 4,
            bytes: [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255]
        )
        let values = GreyPlane(clip, frame: 0).values
        for (found, expected) in zip(values, [0.299, 0.587, 0.114, 1] as [Float]) {
            #expect(abs(found - expected) < 1e-6)
        }
    }

    @Test func `a frame is taken from its place in the clip`() {
        let clip = TestClips.clip(3, width: 2, height: 2) { frame, _, _ in Float(frame) * 51 }
        let planes = (0..<3).map { GreyPlane(clip, frame: $0).values }
        for (frame, values) in planes.enumerated() {
            #expect(values.allSatisfy { abs($0 - Float(frame) * 0.2) < 1e-6 })
        }
    }
}
