import Scheduling
import TestSupport
import Testing

/// Which worker gets which unit.
struct FarmDispatchTests {
    /// What a worker was offered, in order.
    private func offers(_ effects: [FarmEffect], to name: String) -> [UnitKey] {
        effects.compactMap {
            if case .offer(WorkerID(name), let lease, _) = $0 { lease.unit } else { nil }
        }
    }

    @Test func `a higher priority goes first, then the job that came first`() {
        var driver = FarmDriver()
        let work = WorkOutline.balanced(frames: 8, rounds: 1)
        let first = driver.submit([work])
        let second = driver.submit([work])
        let urgent = driver.submit([work], priority: 5)
        driver.join("a")
        var order: [JobID] = []
        while let lease = driver.lease(of: "a") {
            if order.last != lease.unit.job { order.append(lease.unit.job) }
            driver.finish("a", lease)
        }
        #expect(order == [urgent, first, second])
        #expect(driver.faults.isEmpty)
    }

    @Test func `a priority that changes counts from then on`() {
        var driver = FarmDriver()
        let work = WorkOutline.balanced(frames: 64, rounds: 1)
        _ = driver.submit([work])
        let second = driver.submit([work])
        driver.join("a")
        driver.send(.jobCommand(second, .setPriority(1)))
        driver.finish("a", driver.lease(of: "a")!)
        #expect(driver.lease(of: "a")?.unit.job == second)
    }

    @Test func `a job uses no more workers than it may`() {
        var driver = FarmDriver()
        let capped = driver.submit([.balanced(frames: 200)], workersMax: 2)
        for name in ["a", "b", "c", "d"] { driver.join(name, credit: 2) }
        #expect(driver.farm.report(capped)?.workerCount == 2)
        let other = driver.submit([.balanced(frames: 200)])
        #expect(driver.farm.report(other)?.workerCount == 2)
        for _ in 0..<200 {
            guard let name = ["a", "b", "c", "d"].first(where: { driver.lease(of: $0) != nil })
            else { break }
            driver.finish(name, driver.lease(of: name)!)
            #expect(driver.farm.report(capped)!.workerCount <= 2)
        }
        driver.finishAll()
        #expect(driver.farm.report(capped)?.state == .assembling)
        #expect(driver.faults.isEmpty)
    }

    @Test func `a paused job gets nothing new, keeps what runs, and goes on`() {
        var driver = FarmDriver()
        let job = driver.submit([.balanced(frames: 64)], isPaused: true)
        driver.join("a", credit: 2)
        #expect(driver.lease(of: "a") == nil)
        driver.send(.jobCommand(job, .resume))
        let running = driver.lease(of: "a")!
        driver.send(.jobCommand(job, .pause))
        _ = driver.takeEffects()
        driver.finish("a", running)
        #expect(driver.accepted == [running.unit])
        #expect(offers(driver.takeEffects(), to: "a").isEmpty)
        driver.send(.jobCommand(job, .resume))
        driver.finishAll()
        #expect(driver.farm.report(job)?.state == .assembling)
        #expect(driver.faults.isEmpty)
    }

    @Test func `credit is how many units a worker holds`() {
        var driver = FarmDriver()
        driver.submit([.balanced(frames: 400)])
        driver.join("a", credit: 3)
        #expect(driver.held[WorkerID("a")]?.count == 3)
        driver.join("b")
        #expect(driver.held[WorkerID("b")]?.count == 1)
    }

    /// Windows stay where their conditioning is warm, and each worker's lie side by side.
    @Test func `a window stays with its worker, and a worker's windows are neighbours`() {
        var driver = FarmDriver()
        driver.submit([.balanced(frames: 8 * 17, rounds: 6)])
        let names = ["a", "b", "c", "d"]
        for name in names { driver.join(name, credit: 2) }
        var owners: [Int: Set<String>] = [:]
        var isBusy = true
        while isBusy {
            isBusy = false
            for name in names {
                guard let lease = driver.lease(of: name) else { continue }
                isBusy = true
                if lease.unit.unit.kind == .sample {
                    owners[lease.unit.unit.index, default: []].insert(name)
                }
                driver.finish(name, lease)
            }
        }
        let moves = owners.values.reduce(0) { $0 + $1.count - 1 }
        #expect(moves <= 4, "\(owners)")
        let breaks = (1..<owners.count).count { owners[$0] != owners[$0 - 1] }
        #expect(breaks <= 8, "\(owners)")
        #expect(driver.faults.isEmpty)
    }

    @Test func `an idle worker takes what waits too long for another`() {
        var driver = FarmDriver()
        driver.submit([.balanced(frames: 8 * 9, rounds: 2)])
        driver.join("a")
        // The worker has every window of the first round.
        while let lease = driver.lease(of: "a"), lease.unit.unit.round == 0 {
            driver.finish("a", lease)
        }
        driver.join("b")
        let stolen = driver.lease(of: "b")
        #expect(stolen?.unit.unit.kind == .sample && stolen?.unit.unit.round == 1)
        driver.finishAll()
        #expect(driver.faults.isEmpty)
    }

    @Test func `a full disk stops dispatch until there is room`() {
        var driver = FarmDriver()
        driver.send(.storage(isWritable: false))
        let job = driver.submit([.balanced(frames: 64)])
        driver.join("a")
        driver.wait(.seconds(2))
        #expect(driver.lease(of: "a") == nil)
        driver.send(.storage(isWritable: true))
        #expect(driver.lease(of: "a") != nil)
        driver.finishAll()
        #expect(driver.farm.report(job)?.state == .assembling)
    }

    /// A film's depth and latents would fill a disk if all its shots were begun at once.
    @Test func `a stretch of shots is begun when there is nothing to start in the one before`() {
        var driver = FarmDriver()
        driver.auditInterval = 100
        // Two stretches: 18 shots of 30 windows are more than 512 windows.
        let work = WorkOutline.balanced(frames: 8 * 31, rounds: 1, chunk: 31)
        let job = driver.submit(Array(repeating: work, count: 20))
        driver.join("a")
        var last = 0
        while let lease = driver.lease(of: "a"), driver.accepted.count < 2000 {
            driver.finish("a", lease)
            let isLater = lease.unit.shot >= 18
            if isLater { last = max(last, lease.unit.shot) }
            let isFirstDone = driver.accepted.count >= 1 + 18 * work.units.count
            #expect(!isLater || isFirstDone, "\(lease.unit)")
        }
        #expect(last == 19)
        #expect(driver.farm.report(job)?.state == .assembling)
    }

    /// K = 1, 5 and never: sample units are windows times fusions.
    @Test(arguments: [(1, 20), (5, 4), (20, 1)])
    func `the rounds give the number of units that the definition says`(
        interval: Int,
        rounds: Int
    ) {
        var driver = FarmDriver()
        let windows = [0..<16, 8..<24, 16..<32]
        let work = WorkOutline(
            frameCount: 32,
            windows: windows,
            rounds: (0..<rounds).map { $0 * interval..<($0 + 1) * interval },
            chunkFrames: 8
        )
        let job = driver.submit([work])
        driver.join("a")
        driver.finishAll()
        let samples = driver.accepted.filter { $0.unit.kind == .sample }
        #expect(samples.count == 3 * rounds)
        #expect(driver.farm.report(job)?.units[.sample]?.done == 3 * rounds)
        #expect(driver.farm.report(job)?.stepsDone == 3 * 20)
        // Two pairs of neighbours, compared once a round.
        #expect(driver.overlapCount == 2 * rounds)
    }
}
