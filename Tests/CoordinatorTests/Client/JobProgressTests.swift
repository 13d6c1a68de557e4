import Coordinator
import Scheduling
import Testing

struct JobProgressTests {
    private func stage(_ progress: JobProgress, _ stage: JobProgress.Stage)
        -> JobProgress.StageProgress?
    {
        progress.stages.first { $0.stage == stage }
    }

    @Test func `nothing is estimated before a twentieth is done`() {
        var progress = JobProgress(Jobs.details(), at: 100)
        progress.update(Jobs.details(steps: 2), at: 110)
        #expect(stage(progress, .sampling)?.rate == 0.2)
        #expect(stage(progress, .sampling)?.secondsLeft == nil)
        progress.update(Jobs.details(steps: 3), at: 115)
        #expect(stage(progress, .sampling)?.secondsLeft == 57 / 0.2)
        #expect(progress.seconds == 15)
    }

    @Test func `nothing is estimated while shots are still found`() {
        var progress = JobProgress(Jobs.details(isPlanned: false), at: 0)
        progress.update(Jobs.details(isPlanned: false, steps: 30), at: 10)
        for stage in progress.stages {
            #expect(stage.total == nil && stage.secondsLeft == nil && !stage.isDone)
        }
        #expect(progress.current.stage == .planning && progress.current.done == 20)
    }

    @Test func `waiting for a stage to begin does not slow it`() {
        var progress = JobProgress(Jobs.details(), at: 0)
        progress.update(Jobs.details(), at: 40)
        progress.update(Jobs.details(steps: 10), at: 50)
        #expect(stage(progress, .sampling)?.rate == 1)
    }

    @Test func `rates are of the last minute`() {
        var progress = JobProgress(Jobs.details(), at: 0)
        progress.update(Jobs.details(steps: 10), at: 1)
        for second in 2...200 { progress.update(Jobs.details(steps: 10), at: Double(second)) }
        progress.update(Jobs.details(steps: 20), at: 201)
        let rate = stage(progress, .sampling)?.rate ?? 0
        #expect(rate > 0.15 && rate <= 10, "\(rate)")
    }

    @Test func `work that was lost makes no negative rate`() {
        var progress = JobProgress(Jobs.details(steps: 30), at: 0)
        progress.update(Jobs.details(steps: 40), at: 10)
        progress.update(Jobs.details(steps: 20), at: 20)
        #expect(stage(progress, .sampling)?.rate == nil)
        progress.update(Jobs.details(steps: 30), at: 30)
        #expect(stage(progress, .sampling)?.rate == 1)
    }

    @Test func `frames follow the units and end exactly`() {
        let half = JobProgress(Jobs.details(depth: 1), at: 0)
        #expect(stage(half, .depth)?.done == 6)
        let progress = JobProgress(Jobs.finished(), at: 0)
        #expect(progress.stages.allSatisfy { $0.isDone && $0.fraction == 1 })
        #expect(progress.current.stage == .writing)
    }

    @Test func `the stage that is on is the first that is not done`() {
        let progress = JobProgress(Jobs.details(depth: 3, steps: 5), at: 0)
        #expect(progress.current.stage == .sampling)
    }
}
