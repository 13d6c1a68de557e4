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
                for unit in plan.work.units where unit.kind == .sample && unit.round > 0 {
                    let inputs = plan.work.inputs(of: unit)
                    #expect(inputs.windows == windows.windows(touching: unit.index))
                    #expect(inputs.round == unit.round - 1)
                    #expect(plan.work.steps(of: unit) == fusion.rounds[unit.round])
                    #expect(plan.work.frames(of: unit) == windows.windows[unit.index])
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
        let samples = plan.work.units.filter { $0.kind == .sample }
        #expect(samples.map(plan.work.steps) == [0..<50, 0..<50, 0..<50])
        #expect(plan.workFactor == 48.0 / 40)
    }

    @Test func `a run from a noised source starts at its own step`() throws {
        let plan = JobPlan(
            windows: try WindowPlan(frameCount: 4, length: 4, overlap: 0),
            fusion: try FusionSchedule(steps: 10..<20, interval: .every(5)),
            chunkFrames: 4
        )
        let samples = plan.work.units.filter { $0.kind == .sample }
        #expect(samples.map(plan.work.steps) == [10..<15, 15..<20])
    }
}
