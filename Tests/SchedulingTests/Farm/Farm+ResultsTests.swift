import Scheduling
import TestSupport
import Testing

/// Whose result counts.
struct FarmResultsTests {
    private func disposition(_ effects: [FarmEffect], of lease: Lease) -> ResultDisposition? {
        effects.compactMap {
            if case .acknowledge(_, lease, let disposition) = $0 { disposition } else { nil }
        }.last
    }

    @Test func `a result that comes after its lease ended is used`() {
        var driver = FarmDriver()
        let job = driver.submit([.balanced(frames: 8)])
        driver.join("a")
        let late = driver.lease(of: "a")!
        driver.send(.accepted(WorkerID("a"), late))
        driver.wait(.seconds(20))
        #expect(driver.farm.report(job)?.attempts[.lost] == 1)
        driver.join("b")
        let second = driver.lease(of: "b")!
        #expect(second.unit == late.unit)
        _ = driver.takeEffects()
        driver.send(.resultStored(WorkerID("a"), late, .sample))
        let effects = driver.takeEffects()
        #expect(disposition(effects, of: late) == .accepted)
        #expect(effects.contains(.withdraw(WorkerID("b"), second)))
        driver.send(.resultStored(WorkerID("b"), second, .sample))
        #expect(disposition(driver.takeEffects(), of: second) == .duplicate)
        #expect(driver.faults.isEmpty)
    }

    @Test func `a result of a start before this one is used, of an unknown worker too`() {
        var driver = FarmDriver()
        driver.submit([.balanced(frames: 8)])
        driver.join("a")
        let lease = driver.lease(of: "a")!
        driver.restart()
        driver.send(.resultStored(WorkerID("nobody"), lease, .sample))
        #expect(disposition(driver.takeEffects(), of: lease) == .accepted)
        #expect(driver.faults.isEmpty)
    }

    @Test func `a result is used while the job is paused, and not after it was cancelled`() {
        var driver = FarmDriver()
        let job = driver.submit([.balanced(frames: 64)])
        driver.join("a", credit: 2)
        let first = driver.lease(of: "a")!
        let second = driver.lease(of: "a", at: 1)!
        driver.send(.jobCommand(job, .pause))
        driver.finish("a", first)
        #expect(disposition(driver.takeEffects(), of: first) == .accepted)
        driver.send(.jobCommand(job, .cancel))
        let effects = driver.takeEffects()
        #expect(effects.contains(.withdraw(WorkerID("a"), second)))
        #expect(effects.contains(.discardJob(job)))
        driver.send(.resultStored(WorkerID("a"), second, .sample))
        #expect(disposition(driver.takeEffects(), of: second) == .unneeded)
        driver.wait(.seconds(5))
        #expect(
            !driver.takeEffects().contains { if case .offer = $0 { true } else { false } }
        )
        #expect(driver.faults.isEmpty)
    }

    @Test func `a result that is not valid leaves the unit open for others`() {
        var driver = FarmDriver()
        driver.submit([.balanced(frames: 8)])
        driver.join("a")
        driver.join("b")
        let lease = driver.lease(of: "a")!
        driver.drop(lease, of: WorkerID("a"))
        _ = driver.takeEffects()
        driver.send(.resultInvalid(WorkerID("a"), lease, reason: "not finite"))
        #expect(disposition(driver.takeEffects(), of: lease) == .rejected)
        #expect(driver.farm.wants(lease.unit))
        driver.finishAll()
        #expect(driver.accepted.contains(lease.unit))
    }

    /// Latents when every neighbour is a round further, depth after sampling, latents of the last
    /// round after decoding; nothing before somebody who needs it has it.
    @Test(arguments: UInt64(0)..<20)
    func `a result is discarded when nobody can ask for it, and not before`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let work = WorkOutline.random(&generator)
        var driver = FarmDriver()
        let job = driver.submit([work])
        for name in ["a", "b", "c"] { driver.join(name, credit: 2) }
        var discarded: Set<UnitID> = []
        while let (worker, lease) = driver.randomHeld(&generator) {
            let inputs = work.inputs(of: lease.unit.unit).units
            #expect(discarded.isDisjoint(with: inputs))
            for input in inputs {
                let key = UnitKey(job: job, shot: 0, unit: input)
                #expect(driver.farm.result(of: key) != nil)
            }
            driver.finish(worker.name, lease)
            for case .discard(let unit) in driver.takeEffects() {
                #expect(discarded.insert(unit.unit).inserted)
            }
        }
        let gone = work.units.filter { $0.kind == .depth || $0.kind == .sample }
        #expect(discarded == Set(gone))
    }

    @Test(arguments: UInt64(0)..<20)
    func `what is lost is made again, with what that takes`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var driver = FarmDriver()
        let job = driver.submit([.random(&generator)])
        for name in ["a", "b", "c"] { driver.join(name, credit: 2) }
        var losses = 10
        while true {
            while let (worker, lease) = driver.randomHeld(&generator) {
                driver.finish(worker.name, lease)
                if losses > 0, Int.random(in: 0..<5, using: &generator) == 0 {
                    losses -= 1
                    driver.send(.artifactLost(driver.accepted.randomElement(using: &generator)!))
                }
            }
            guard losses > 0 else { break }
            losses -= 1
            driver.send(.artifactLost(driver.accepted.randomElement(using: &generator)!))
        }
        #expect(driver.farm.report(job)?.state == .assembling)
        for unit in driver.accepted where unit.unit.kind == .decode {
            #expect(driver.farm.result(of: unit) != nil)
        }
        #expect(driver.faults.isEmpty)
    }
}
