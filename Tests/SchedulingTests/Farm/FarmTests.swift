import Scheduling
import TestSupport
import Testing

struct FarmTests {
    /// Every unit is computed once, after all it reads, and the job ends.
    @Test(arguments: UInt64(0)..<20)
    func `a job without faults runs each unit once, in an order its inputs allow`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var driver = FarmDriver()
        let shots = (0..<Int.random(in: 1...3, using: &generator)).map { _ in
            WorkOutline.random(&generator)
        }
        let job = driver.submit(shots)
        for worker in 0..<Int.random(in: 1...5, using: &generator) {
            driver.join("worker \(worker)", credit: Int.random(in: 1...3, using: &generator))
        }
        while let (worker, lease) = driver.randomHeld(&generator) {
            driver.finish(worker.name, lease)
        }
        var expected = [UnitKey(job: job, shot: 0, unit: UnitID(.content))]
        for (index, work) in shots.enumerated() {
            expected += work.units.map { UnitKey(job: job, shot: index, unit: $0) }
        }
        #expect(driver.accepted.sorted() == expected.sorted())
        var places: [UnitKey: Int] = [:]
        for (place, unit) in driver.accepted.enumerated() { places[unit] = place }
        for (place, unit) in driver.accepted.enumerated() where unit.unit.kind != .content {
            for input in shots[unit.shot].inputs(of: unit.unit).units {
                let shot = input.kind == .content ? 0 : unit.shot
                let before = places[UnitKey(job: job, shot: shot, unit: input)]
                #expect(before ?? .max < place, "\(unit) before \(input)")
            }
        }
        #expect(driver.farm.report(job)?.state == .assembling)
        driver.send(.assembled(job))
        #expect(driver.farm.report(job)?.state == .done)
        #expect(driver.faults.isEmpty)
    }
}
