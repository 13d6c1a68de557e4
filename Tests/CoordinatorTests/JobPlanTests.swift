import Coordinator
import Diffusion
import Scheduling
import Testing

struct JobPlanTests {
    @Test func `rounds wait for the windows that the stitcher says they touch`() throws {
        for frames in 1...40 {
            for (length, overlap) in [(16, 8), (8, 7), (5, 0), (6, 2)] {
                let windows = try WindowPlan(frameCount: frames, length: length, overlap: overlap)
                let fusion = try FusionSchedule(steps: 0..<6, interval: .every(2))
                let plan = JobPlan(windows: windows, fusion: fusion, chunkFrames: 8)
                for unit in plan.work.units where unit.id.kind == .sample && unit.id.round > 0 {
                    let touching = windows.windows(touching: unit.id.index)
                    #expect(unit.dependencies.map(\.index) == Array(touching))
                    #expect(unit.steps == fusion.rounds[unit.id.round])
                    #expect(unit.frames == windows.windows[unit.id.index])
                }
            }
        }
    }

    @Test func `a job that fuses only at the end has one round`() throws {
        let plan = JobPlan(
            windows: try WindowPlan(frameCount: 40, length: 16, overlap: 4),
            fusion: try FusionSchedule(steps: 0..<50, interval: .never),
            chunkFrames: 16
        )
        let samples = plan.work.units.filter { $0.id.kind == .sample }
        #expect(samples.map(\.steps) == [0..<50, 0..<50, 0..<50])
        #expect(plan.workFactor == 48.0 / 40)
    }

    @Test func `a run from a noised source starts at its own step`() throws {
        let plan = JobPlan(
            windows: try WindowPlan(frameCount: 4, length: 4, overlap: 0),
            fusion: try FusionSchedule(steps: 10..<20, interval: .every(5)),
            chunkFrames: 4
        )
        let samples = plan.work.units.filter { $0.id.kind == .sample }
        #expect(samples.map(\.steps) == [10..<15, 15..<20])
    }
}
