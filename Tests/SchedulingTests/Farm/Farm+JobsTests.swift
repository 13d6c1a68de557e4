import Scheduling
import TestSupport
import Testing

/// From submission to the end.
struct FarmJobsTests {
    @Test func `the same key is the same job`() {
        var driver = FarmDriver()
        let job = driver.submit([.balanced(frames: 8)])
        let key = "key of \(job)"
        _ = driver.takeEffects()
        driver.send(.submitted(driver.farm.nextJob, JobRequest(idempotencyKey: key, priority: 9)))
        #expect(driver.takeEffects().isEmpty)
        #expect(driver.farm.job(for: key) == job)
        #expect(driver.farm.reports(before: nil, limit: 10).count == 1)
        driver.restart()
        #expect(driver.farm.job(for: key) == job)
        #expect(driver.farm.nextJob == JobID(2))
    }

    @Test func `units run while shots are still being found`() {
        var driver = FarmDriver()
        let id = driver.farm.nextJob
        driver.send(.submitted(id, JobRequest(idempotencyKey: "k")))
        #expect(driver.takeEffects().contains(.plan(id)))
        driver.join("a")
        let work = WorkOutline.balanced(frames: 20)
        let first = ShotOutline(index: 0, firstFrame: 0, work: work)
        let second = ShotOutline(index: 1, firstFrame: 20, work: work)
        driver.send(.planned(id, [first], isLast: false))
        driver.finishAll()
        #expect(driver.accepted.count == 1 + work.units.count)
        #expect(driver.farm.report(id)?.state == .running)
        // After a restart planning starts over, and what is known is skipped.
        driver.restart()
        #expect(driver.takeEffects().contains(.plan(id)))
        driver.join("a")
        driver.send(.planned(id, [first, second], isLast: true))
        driver.finishAll()
        #expect(driver.accepted.count == 1 + 2 * work.units.count)
        #expect(driver.farm.report(id)?.state == .assembling)
        driver.restart()
        #expect(driver.takeEffects().contains(.assemble(id)))
        driver.send(.assembled(id))
        let effects = driver.takeEffects()
        #expect(effects.contains(.discardJob(id)))
        #expect(driver.farm.report(id)?.state == .done)
        #expect(driver.farm.report(id)?.units[.sample]?.done == 2 * work.unitCount(.sample))
        #expect(driver.faults.isEmpty)
    }

    @Test func `an input that changed fails the job, and so does one without frames`() {
        var driver = FarmDriver()
        let id = driver.farm.nextJob
        driver.send(.submitted(id, JobRequest(idempotencyKey: "k")))
        let work = WorkOutline.balanced(frames: 20)
        driver.send(
            .planned(id, [ShotOutline(index: 0, firstFrame: 0, work: work)], isLast: false)
        )
        driver.restart()
        let other = WorkOutline.balanced(frames: 21)
        driver.send(
            .planned(id, [ShotOutline(index: 0, firstFrame: 0, work: other)], isLast: true)
        )
        #expect(driver.farm.report(id)?.state == .failed)
        let empty = driver.submit([])
        #expect(driver.farm.report(empty)?.state == .failed)
        #expect(driver.farm.report(empty)?.reason == "the input has no frames")
    }

    @Test func `a failed assembly keeps everything for a retry`() {
        var driver = FarmDriver()
        let job = driver.submit([.balanced(frames: 20)])
        driver.join("a")
        driver.finishAll()
        let count = driver.accepted.count
        driver.send(.assemblyFailed(job, reason: "the disk is full"))
        #expect(driver.farm.report(job)?.state == .failed)
        #expect(driver.farm.report(job)?.reason == "the disk is full")
        driver.restart()
        _ = driver.takeEffects()
        driver.send(.jobCommand(job, .retry))
        #expect(driver.takeEffects().contains(.assemble(job)))
        #expect(driver.accepted.count == count)
        driver.send(.artifactLost(driver.accepted.last!))
        #expect(driver.takeEffects().contains(.abandon(job)))
        #expect(driver.farm.report(job)?.state == .running)
        driver.join("a")
        driver.finishAll()
        #expect(driver.farm.report(job)?.state == .assembling)
        #expect(driver.faults.isEmpty)
    }

    @Test func `the oldest ended jobs make room`() {
        var configuration = FarmConfiguration()
        configuration.endedJobsMax = 2
        var driver = FarmDriver(configuration)
        for _ in 0..<4 {
            let job = driver.submit([.balanced(frames: 8)])
            driver.send(.jobCommand(job, .cancel))
        }
        #expect(driver.farm.reports(before: nil, limit: 9).map(\.id.number) == [4, 3])
        #expect(driver.farm.reports(before: JobID(4), limit: 9).map(\.id.number) == [3])
        #expect(driver.ledger.contains(.discarded(JobID(1))))
        driver.restart()
        #expect(driver.farm.nextJob == JobID(5))
        #expect(driver.farm.reports(before: nil, limit: 9).count == 2)
    }
}
