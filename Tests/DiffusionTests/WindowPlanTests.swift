import Diffusion
import Testing

struct WindowPlanTests {
    /// Every layout with up to 69 frames and windows of up to 24.
    @Test(arguments: 1...24)
    func layoutPropertiesHold(length: Int) throws {
        for overlap in 0..<length {
            for frameCount in 1...69 {
                let plan = try WindowPlan(
                    frameCount: frameCount,
                    length: length,
                    overlap: overlap
                )
                check(plan)
            }
        }
    }

    private func check(_ plan: WindowPlan) {
        let (frames, length, overlap) = (plan.frameCount, plan.length, plan.overlap)
        let windows = plan.windows
        let expected =
            frames <= length ? 1 : 1 + (frames - overlap - 1) / (length - overlap)
        #expect(windows.count == expected, "\(plan)")
        #expect(windows.first?.lowerBound == 0 && windows.last?.upperBound == frames)
        for (index, window) in windows.enumerated() {
            #expect(window.count == min(frames, length), "\(plan)")
            guard index > 0 else { continue }
            #expect(window.lowerBound > windows[index - 1].lowerBound, "\(plan)")
            #expect(windows[index - 1].upperBound - window.lowerBound >= overlap, "\(plan)")
        }
        for frame in 0..<frames {
            let holders = windows.indices.filter { windows[$0].contains(frame) }
            #expect(Array(plan.windows(covering: frame)) == holders, "\(plan)")
        }
        var pairs: [[Int]] = []
        for left in windows.indices {
            let touching = windows.indices.filter { windows[$0].overlaps(windows[left]) }
            #expect(Array(plan.windows(touching: left)) == touching, "\(plan)")
            for right in touching where right > left {
                let frames = windows[left].clamped(to: windows[right])
                pairs.append([left, right, frames.lowerBound, frames.upperBound])
            }
        }
        let found = plan.overlaps.map { overlap in
            [overlap.left, overlap.right, overlap.frames.lowerBound, overlap.frames.upperBound]
        }
        #expect(found == pairs, "\(plan)")
    }

    /// Windows of 16 frames: the counts of the design's table.
    @Test(
        arguments: [
            (64, 8, 7), (64, 4, 5), (64, 12, 13), (128, 8, 15), (128, 4, 11), (128, 12, 29),
            (256, 8, 31), (960, 8, 119),
        ]
    )
    func windowCountsAreThoseOfTheDesign(frames: Int, overlap: Int, count: Int) throws {
        let plan = try WindowPlan(frameCount: frames, length: 16, overlap: overlap)
        #expect(plan.windows.count == count)
    }

    @Test func windowsAreBalanced() throws {
        let plan = try WindowPlan(frameCount: 41, length: 16, overlap: 8)
        #expect(plan.windows.map(\.lowerBound) == [0, 6, 12, 18, 25])
    }

    @Test(
        arguments: [
            (0, 16, 8), (-1, 16, 8), (10, 0, 0), (10, -4, 0), (10, 16, 16), (10, 16, -1),
            (1 << 40, 16, 8), (1 << 26, 1 << 13, (1 << 13) - 1),
        ]
    )
    func refusesLayoutsThatMakeNoSense(frames: Int, length: Int, overlap: Int) {
        #expect(throws: StitchError.self) {
            try WindowPlan(frameCount: frames, length: length, overlap: overlap)
        }
    }
}
