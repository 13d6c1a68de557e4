import Scheduling
import TestSupport
import Testing

/// Workers come, go and come back.
struct FarmWorkersTests {
    @Test func `a restart keeps what runs and computes nothing again`() {
        var driver = FarmDriver()
        var generator = SeededGenerator(seed: 5)
        let work = WorkOutline.balanced(frames: 8 * 8)
        let job = driver.submit([work, work])
        let names = ["a", "b", "c"]
        for name in names { driver.join(name, credit: 2) }
        var steps = 0
        while let (worker, lease) = driver.randomHeld(&generator) {
            steps += 1
            driver.finish(worker.name, lease)
            guard steps % 9 == 0 else { continue }
            let before = driver.held
            driver.restart()
            // Planning starts over; what is known is skipped.
            for name in names { driver.join(name, credit: 2) }
            #expect(
                names.allSatisfy { name in
                    before[WorkerID(name)]!.allSatisfy { driver.held[WorkerID(name)]!.contains($0) }
                }
            )
        }
        #expect(driver.accepted.count == Set(driver.accepted).count)
        #expect(driver.accepted.count == 1 + 2 * work.units.count)
        #expect(driver.farm.report(job)?.attempts == [:])
        #expect(driver.faults.isEmpty)
    }

    @Test func `an introduction settles every lease it names`() {
        var driver = FarmDriver()
        driver.submit([.balanced(frames: 8 * 8)])
        driver.join("a", credit: 4)
        let leases = driver.held[WorkerID("a")]!
        driver.finish("a", leases[0])
        driver.send(.accepted(WorkerID("a"), leases[3]))
        _ = driver.takeEffects()
        driver.send(
            .joined(
                WorkerID("a"),
                WorkerIntroduction(
                    name: "a",
                    deviceClass: "cpu",
                    credit: 4,
                    running: [leases[1]],
                    finished: [leases[0], leases[2]]
                )
            )
        )
        let effects = driver.takeEffects()
        let answers: [Lease: LeaseAnswer] = [
            leases[0]: .abort, leases[1]: .keep, leases[2]: .upload,
        ]
        #expect(effects.contains(.welcome(WorkerID("a"), answers)))
        // The one it does not know is lost at once.
        let isLost = driver.ledger.contains { entry in
            if case .ended(WorkerID("a"), leases[3], .lost, _) = entry { true } else { false }
        }
        #expect(isLost)
        #expect(driver.faults.isEmpty)
    }

    @Test func `what a worker is stays known when it has left`() {
        var driver = FarmDriver()
        driver.join("a", credit: 4)
        driver.send(.left(WorkerID("a"), reason: ""))
        let known = driver.farm.nameAndDevice(of: WorkerID("a"))
        #expect(known?.name == "a" && known?.deviceClass == "cpu")
        #expect(driver.farm.nameAndDevice(of: WorkerID("b")) == nil)
    }

    @Test func `a worker that leaves gives up its units at once`() {
        var driver = FarmDriver()
        driver.submit([.balanced(frames: 8)])
        driver.join("a")
        let lease = driver.lease(of: "a")!
        driver.send(.left(WorkerID("a"), reason: "goodbye"))
        driver.join("b")
        #expect(driver.held[WorkerID("b")]?.first?.unit == lease.unit)
    }

    @Test func `workers that left are forgotten when many have, but not those put aside`() {
        var driver = FarmDriver()
        driver.auditInterval = 50
        driver.join("bad")
        driver.send(.workerCommand(WorkerID("bad"), .quarantine))
        driver.send(.left(WorkerID("bad"), reason: "goodbye"))
        for number in 0..<1200 {
            driver.join("w\(number)")
            driver.send(.left(WorkerID("w\(number)"), reason: "goodbye"))
        }
        let workers = driver.farm.workers(at: driver.now)
        #expect(workers.count == 1001)
        #expect(workers.contains { $0.id == WorkerID("bad") && $0.standing == .heldBack })
        driver.submit([.balanced(frames: 64)])
        driver.join("w3")
        driver.finishAll()
        #expect(driver.faults.isEmpty)
    }

    @Test func `numbers that make no sense break nothing`() {
        var driver = FarmDriver()
        let job = driver.submit([.balanced(frames: 64)])
        driver.join("a")
        let lease = driver.lease(of: "a")!
        let far = Epoch(instance: .max, number: .max)
        let unknown = UnitKey(job: JobID(7), shot: 9, unit: UnitID(.decode, index: .max))
        let strange = [
            Lease(unknown, lease.epoch), Lease(unknown, far), Lease(lease.unit, far),
            Lease(UnitKey(job: job, shot: 0, unit: UnitID(.sample, index: .max)), lease.epoch),
        ]
        for (done, total) in [(Int.max, Int.max), (Int.min, Int.min), (0, .max), (1, .max)] {
            driver.wait(.seconds(2))
            let reports = ([lease] + strange).map {
                LeaseProgress($0, phase: .running, done: done, total: total)
            }
            driver.send(.heartbeat(WorkerID("a"), reports))
        }
        for lease in strange {
            driver.send(.accepted(WorkerID("a"), lease))
            driver.send(.receiving(WorkerID("a"), lease))
            driver.send(.resultStored(WorkerID("a"), lease, .sample))
            driver.send(.failed(WorkerID("a"), lease, UnitFailure(.unit, "x")))
            driver.send(.artifactLost(lease.unit))
        }
        driver.send(.jobCommand(job, .setPriority(.min)))
        driver.send(.jobCommand(job, .setPriority(.max)))
        driver.finishAll()
        #expect(driver.farm.report(job)?.state == .assembling)
        #expect(driver.faults.isEmpty)
    }

    @Test func `a worker that drains finishes what it has and gets nothing new`() {
        var driver = FarmDriver()
        driver.submit([.balanced(frames: 8 * 8)])
        driver.join("a")
        driver.send(.workerCommand(WorkerID("a"), .drain))
        #expect(driver.takeEffects().contains(.askToDrain(WorkerID("a"))))
        driver.finish("a", driver.lease(of: "a")!)
        #expect(driver.lease(of: "a") == nil)
        driver.restart()
        driver.join("a")
        #expect(driver.lease(of: "a") == nil)
        driver.send(.workerCommand(WorkerID("a"), .undrain))
        #expect(driver.lease(of: "a") != nil)
    }

    @Test func `a worker that a person puts aside stays there until it is released`() {
        var driver = FarmDriver()
        driver.submit([.balanced(frames: 8 * 8)])
        driver.join("a")
        driver.send(.workerCommand(WorkerID("a"), .quarantine))
        driver.finish("a", driver.lease(of: "a")!)
        #expect(driver.lease(of: "a") == nil)
        driver.restart()
        driver.join("a")
        driver.send(.heartbeat(WorkerID("a"), []))
        #expect(driver.lease(of: "a") == nil)
        driver.send(.workerCommand(WorkerID("a"), .release))
        #expect(driver.lease(of: "a") != nil)
        #expect(driver.farm.workers(at: driver.now).map(\.standing) == [.trusted])
    }
}
