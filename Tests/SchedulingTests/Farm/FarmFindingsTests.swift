import Scheduling
import Testing

/// What the simulation found, each once more without it.
struct FarmFindingsTests {
    @Test func `a worker that fails a unit at once does not get it before others had it`() {
        var driver = FarmDriver()
        driver.join("quick")
        driver.join("slow")
        // Before the first shot is found there is one unit, the content.
        driver.send(.submitted(driver.farm.nextJob, JobRequest(idempotencyKey: "key")))
        var tried: Set<String> = []
        for _ in 0..<2 {
            for worker in ["quick", "slow"] {
                guard let lease = driver.lease(of: worker), lease.unit.unit.kind == .content else {
                    continue
                }
                tried.insert(worker)
                driver.fail(worker, lease, .worker)
                break
            }
        }
        #expect(tried == ["quick", "slow"])
        #expect(driver.faults.isEmpty)
    }

    @Test func `no copy is started of a unit whose inputs are lost`() {
        var driver = FarmDriver()
        driver.join("a")
        let job = driver.submit([.balanced(frames: 4, rounds: 1)])
        let depth = UnitKey(job: job, shot: 0, unit: UnitID(.depth, index: 0))
        while let lease = driver.lease(of: "a"), lease.unit.unit.kind != .sample {
            driver.wait(.seconds(2))
            driver.finish("a", lease)
        }
        guard let sample = driver.lease(of: "a") else {
            Issue.record("no sample unit was offered")
            return
        }
        driver.send(.accepted(WorkerID("a"), sample))
        for second in 1...20 {
            // A straggler: its first step took a second, its second takes for ever.
            let progress = LeaseProgress(sample, phase: .running, done: 1, total: 1_000)
            driver.send(.heartbeat(WorkerID("a"), [progress]))
            driver.wait(.seconds(1))
            if second == 10 { driver.send(.artifactLost(depth)) }
            if second == 12 { driver.join("b", credit: 2) }
        }
        #expect(driver.lease(of: "b")?.unit == depth)
        #expect(driver.lease(of: "b", at: 1) == nil)
        #expect(driver.faults.isEmpty)
    }

    @Test func `what a worker holds before it has told its credit is no mistake`() {
        var driver = FarmDriver()
        driver.join("a", credit: 3)
        driver.submit([.balanced(frames: 32, chunk: 4)])
        #expect(driver.lease(of: "a", at: 2) != nil)
        driver.restart()
        #expect(driver.faults.isEmpty)
    }

    @Test func `files of an ended job go at the next start if they did not go at once`() {
        var driver = FarmDriver()
        driver.join("a")
        let job = driver.submit([.balanced(frames: 4, rounds: 1)])
        driver.finishAll()
        driver.send(.assembled(job))
        _ = driver.takeEffects()
        driver.restart()
        #expect(driver.takeEffects().contains(.discardJob(job)))
    }
}
