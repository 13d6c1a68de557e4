import Scheduling
import TestSupport
import Testing

/// Whose fault a failure is.
struct FarmBudgetsTests {
    /// Runs everything, failing `poison` on every worker.
    private func run(
        _ driver: inout FarmDriver,
        poison: UnitID,
        as failureClass: FailureClass = .unit
    ) -> Set<WorkerID> {
        var failers: Set<WorkerID> = []
        var rest = 10_000
        var generator = SeededGenerator(seed: 1)
        while rest > 0 {
            rest -= 1
            guard let (worker, lease) = driver.randomHeld(&generator) else { break }
            if lease.unit.unit == poison {
                failers.insert(worker)
                driver.fail(worker.name, lease, failureClass)
            } else {
                driver.finish(worker.name, lease)
            }
        }
        return failers
    }

    @Test(arguments: [FailureClass.unit, .worker])
    func `a poisoned unit is held after three workers, and the rest finishes`(
        failureClass: FailureClass
    ) {
        var driver = FarmDriver()
        let work = WorkOutline.balanced(frames: 8 * 12, rounds: 3)
        let job = driver.submit([work])
        let names = ["a", "b", "c", "d", "e"]
        for name in names { driver.join(name, credit: 2) }
        let poison = UnitID(.sample, index: 0, round: 1)
        let failers = run(&driver, poison: poison, as: failureClass)
        #expect(failers.count == 3)
        let report = driver.farm.report(job)!
        #expect(report.state == .held)
        #expect(report.heldUnits == [UnitKey(job: job, shot: 0, unit: poison)])
        // Only what needs it is left.
        #expect(report.units[.sample]?.blocked == 2)
        #expect(driver.farm.workers(at: driver.now).allSatisfy { $0.standing == .trusted })
        driver.send(.jobCommand(job, .retry))
        driver.finishAll()
        #expect(driver.farm.report(job)?.state == .assembling)
        #expect(driver.faults.isEmpty)
    }

    @Test func `where there is one worker, a poisoned unit is held after three tries`() {
        var driver = FarmDriver()
        let job = driver.submit([.balanced(frames: 16, rounds: 1)])
        driver.join("a")
        _ = run(&driver, poison: UnitID(.depth, index: 1))
        #expect(driver.farm.report(job)?.state == .held)
        #expect(driver.farm.report(job)?.attempts[.failedUnit] == 3)
    }

    @Test func `what is nobody's fault has a budget of its own`() {
        var driver = FarmDriver()
        let job = driver.submit([.balanced(frames: 8, rounds: 1)])
        driver.join("a")
        for _ in 0..<19 {
            let lease = driver.lease(of: "a")!
            driver.drop(lease, of: WorkerID("a"))
            driver.send(.returned(WorkerID("a"), lease))
        }
        #expect(driver.farm.report(job)?.heldUnits == [])
        let lease = driver.lease(of: "a")!
        #expect(lease.unit.unit.kind == .content)
        driver.fail("a", lease, .infrastructure)
        #expect(driver.farm.report(job)?.heldUnits == [lease.unit])
        #expect(driver.farm.report(job)?.attempts == [.returned: 19, .lost: 1])
        #expect(driver.farm.workers(at: driver.now)[0].standing == .trusted)
        #expect(driver.faults.isEmpty)
    }

    @Test func `a bad worker is set aside for the job, then for the farm, and comes back by one`() {
        var driver = FarmDriver()
        let first = driver.submit([.balanced(frames: 8 * 40)])
        let second = driver.submit([.balanced(frames: 8 * 40)])
        driver.join("bad", credit: 2)
        driver.join("good")
        var failed = 0
        while let lease = driver.lease(of: "bad") {
            failed += 1
            driver.fail("bad", lease, .worker)
        }
        #expect(failed >= 3 && failed <= 4)
        #expect(driver.farm.report(first)!.state == .running)
        #expect(driver.farm.report(second)!.state == .running)
        func standing() -> WorkerStanding? {
            driver.farm.workers(at: driver.now).first { $0.name == "bad" }?.standing
        }
        func beat(_ seconds: Int) {
            for _ in 0..<seconds / 5 {
                driver.wait(.seconds(5))
                for name in ["bad", "good"] {
                    let progress = (driver.held[WorkerID(name)] ?? []).map {
                        LeaseProgress($0, phase: .waiting, done: 0, total: 1)
                    }
                    driver.send(.heartbeat(WorkerID(name), progress))
                }
            }
        }
        #expect(standing() == .quarantined)
        beat(295)
        #expect(driver.lease(of: "bad") == nil)
        beat(10)
        // One unit shows whether it works again; it does not, so it waits twice as long.
        #expect(driver.held[WorkerID("bad")]?.count == 1)
        driver.fail("bad", driver.lease(of: "bad")!, .worker)
        beat(595)
        #expect(driver.lease(of: "bad") == nil)
        beat(10)
        #expect(driver.held[WorkerID("bad")]?.count == 1)
        driver.finish("bad", driver.lease(of: "bad")!)
        #expect(standing() == .trusted)
        #expect(driver.held[WorkerID("bad")]?.count == 2)
        #expect(driver.faults.isEmpty)
    }

    @Test func `a worker that lacks something waits, and longer each time`() {
        var driver = FarmDriver()
        driver.submit([.balanced(frames: 8 * 40)])
        driver.join("small")
        driver.fail("small", driver.lease(of: "small")!, .resource)
        #expect(driver.lease(of: "small") == nil)
        driver.wait(.seconds(4))
        #expect(driver.lease(of: "small") == nil)
        driver.wait(.seconds(2))
        driver.fail("small", driver.lease(of: "small")!, .resource)
        driver.wait(.seconds(9))
        #expect(driver.lease(of: "small") == nil)
        driver.wait(.seconds(2))
        driver.finish("small", driver.lease(of: "small")!)
        #expect(driver.lease(of: "small") != nil)
        #expect(driver.faults.isEmpty)
    }

    @Test func `settings that make no run fail the job at once`() {
        var driver = FarmDriver()
        let job = driver.submit([.balanced(frames: 64)])
        driver.join("a", credit: 2)
        let other = driver.lease(of: "a", at: 1)!
        driver.fail("a", driver.lease(of: "a")!, .specification)
        #expect(driver.farm.report(job)?.state == .failed)
        #expect(driver.takeEffects().contains(.withdraw(WorkerID("a"), other)))
        driver.send(.jobCommand(job, .retry))
        #expect(driver.farm.report(job)?.state == .running)
        driver.finishAll()
        #expect(driver.farm.report(job)?.state == .assembling)
        #expect(driver.faults.isEmpty)
    }
}
