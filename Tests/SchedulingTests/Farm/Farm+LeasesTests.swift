import Scheduling
import TestSupport
import Testing

/// When leases end.
struct FarmLeasesTests {
    private func report(
        _ lease: Lease,
        _ phase: UnitPhase,
        _ done: Int = 0,
        of total: Int = 10
    ) -> LeaseProgress {
        LeaseProgress(lease, phase: phase, done: done, total: total)
    }

    @Test func `an offer that is not answered goes to another after five seconds`() {
        var driver = FarmDriver()
        driver.submit([.balanced(frames: 8)])
        driver.join("a")
        let lease = driver.lease(of: "a")!
        driver.wait(.seconds(4))
        driver.join("b")
        driver.wait(.seconds(2))
        #expect(driver.lease(of: "b", at: 1)?.unit ?? driver.lease(of: "b")?.unit != nil)
        #expect(
            driver.ledger.contains { entry in
                if case .ended(WorkerID("a"), lease, .declined, _) = entry { true } else { false }
            }
        )
    }

    @Test func `a silent worker's unit is offered again within the lease and a second`() {
        var driver = FarmDriver()
        driver.submit([.balanced(frames: 8)])
        driver.join("a")
        let lease = driver.lease(of: "a")!
        driver.send(.accepted(WorkerID("a"), lease))
        driver.wait(.seconds(13))
        driver.join("b", credit: 3)
        driver.wait(.seconds(3))
        #expect(driver.held[WorkerID("b")]?.contains { $0.unit == lease.unit } == true)
        #expect(driver.faults.isEmpty)
    }

    @Test func `every message about it renews a lease, and a standstill of the loop ends none`() {
        var driver = FarmDriver()
        driver.submit([.balanced(frames: 8)])
        driver.join("a")
        let lease = driver.lease(of: "a")!
        driver.send(.accepted(WorkerID("a"), lease))
        for _ in 0..<4 {
            driver.wait(.seconds(12))
            driver.send(.heartbeat(WorkerID("a"), [report(lease, .loading)]))
        }
        for _ in 0..<4 {
            driver.wait(.seconds(12))
            driver.send(.receiving(WorkerID("a"), lease))
        }
        driver.wait(.seconds(10))
        driver.send(.stalled(.seconds(100)))
        driver.wait(.seconds(4))
        let isOver = driver.ledger.contains { if case .ended = $0 { true } else { false } }
        #expect(!isOver)
        driver.wait(.seconds(103))
        let isLost = driver.ledger.contains { if case .ended = $0 { true } else { false } }
        #expect(isLost)
    }

    @Test func `a worker that answers and does not advance is found after a minute`() {
        var driver = FarmDriver()
        let job = driver.submit([.balanced(frames: 8)])
        driver.join("a")
        let lease = driver.lease(of: "a")!
        var seconds = 0
        while driver.farm.report(job)?.attempts[.hung] == nil, seconds < 200 {
            seconds += 2
            driver.wait(.seconds(2))
            if seconds < 80 || driver.farm.report(job)?.attempts[.hung] == nil {
                driver.send(
                    .heartbeat(WorkerID("a"), [report(lease, .running, min(seconds / 10, 3))])
                )
            }
        }
        // It stepped until second 30.
        #expect(seconds >= 90 && seconds <= 94)
        #expect(driver.takeEffects().contains(.withdraw(WorkerID("a"), lease)))
    }

    @Test func `reading a model is not a hang`() {
        var driver = FarmDriver()
        let job = driver.submit([.balanced(frames: 8)])
        driver.join("a")
        let lease = driver.lease(of: "a")!
        driver.send(.accepted(WorkerID("a"), lease))
        for _ in 0..<100 {
            driver.wait(.seconds(5))
            driver.send(.heartbeat(WorkerID("a"), [report(lease, .loading)]))
        }
        #expect(driver.farm.report(job)?.attempts == [:])
        for _ in 0..<25 {
            driver.wait(.seconds(5))
            driver.send(.heartbeat(WorkerID("a"), [report(lease, .loading)]))
        }
        #expect(driver.farm.report(job)?.attempts[.hung] == 1)
    }

    @Test func `a heartbeat takes up a lease that had ended, or is told to stop`() {
        var driver = FarmDriver()
        driver.submit([.balanced(frames: 8)])
        driver.join("a")
        let lease = driver.lease(of: "a")!
        driver.send(.accepted(WorkerID("a"), lease))
        driver.wait(.seconds(20))
        driver.send(.heartbeat(WorkerID("a"), [report(lease, .running, 1)]))
        #expect(driver.farm.workers(at: driver.now)[0].leases.map(\.lease) == [lease])
        driver.finish("a", lease)
        _ = driver.takeEffects()
        driver.send(.heartbeat(WorkerID("a"), [report(lease, .running, 2)]))
        #expect(driver.takeEffects().contains(.withdraw(WorkerID("a"), lease)))
        #expect(driver.faults.isEmpty)
    }

    @Test func `a copy goes to an idle worker that is expected to be faster, and only one`() {
        var driver = FarmDriver()
        // One window: the last round leaves nothing else to start.
        let job = driver.submit([.balanced(frames: 16, rounds: 1, chunk: 16)])
        driver.join("slow")
        let isSampling = { (driver: FarmDriver) in
            driver.lease(of: "slow")?.unit.unit.kind == .sample
        }
        while !isSampling(driver) { driver.finish("slow", driver.lease(of: "slow")!) }
        driver.join("fast")
        driver.join("faster")
        let lease = driver.lease(of: "slow")!
        driver.send(.accepted(WorkerID("slow"), lease))
        for step in 1...8 {
            driver.wait(.seconds(2))
            // While it reads its model it is not slow.
            let phase: UnitPhase = step < 4 ? .loading : .running
            driver.send(.heartbeat(WorkerID("fast"), []))
            driver.send(.heartbeat(WorkerID("faster"), []))
            driver.send(
                .heartbeat(WorkerID("slow"), [report(lease, phase, max(0, step - 4), of: 1000)])
            )
            if step < 4 { #expect(driver.lease(of: "fast") == nil) }
        }
        let copies = ["fast", "faster"].compactMap { driver.lease(of: $0) }
        #expect(copies.isEmpty, "nobody is known to be faster")
        #expect(driver.farm.report(job)?.speculativeAttempts == 0)
    }

    @Test func `a slow worker's unit is copied once, and the first result wins`() {
        var driver = FarmDriver()
        let job = driver.submit([.balanced(frames: 24, rounds: 1, chunk: 24)])
        driver.join("slow")
        driver.finish("slow", driver.lease(of: "slow")!)
        driver.finish("slow", driver.lease(of: "slow")!)
        driver.join("fast")
        let slow = driver.lease(of: "slow")!
        let quick = driver.lease(of: "fast")!
        driver.send(.accepted(WorkerID("slow"), slow))
        driver.send(.accepted(WorkerID("fast"), quick))
        for step in 0..<10 {
            driver.send(.heartbeat(WorkerID("slow"), [report(slow, .running, step / 4, of: 100)]))
            if step < 5 {
                driver.send(
                    .heartbeat(WorkerID("fast"), [report(quick, .running, step * 20, of: 100)])
                )
            }
            driver.wait(.seconds(2))
        }
        driver.finish("fast", quick)
        driver.send(.heartbeat(WorkerID("slow"), [report(slow, .running, 3, of: 100)]))
        let copy = driver.lease(of: "fast")!
        #expect(copy.unit == slow.unit && copy.epoch > slow.epoch)
        driver.join("third")
        #expect(driver.lease(of: "third") == nil)
        #expect(driver.farm.report(job)?.speculativeAttempts == 1)
        driver.finish("fast", copy)
        #expect(driver.takeEffects().contains(.withdraw(WorkerID("slow"), slow)))
        #expect(driver.farm.report(job)?.attempts == [.superseded: 1])
        #expect(driver.faults.isEmpty)
    }
}
