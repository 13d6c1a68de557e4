import Scheduling
import TestSupport
import Testing

struct FarmReplayTests {
    /// What of the reports the ledger knows.
    private func known(_ farm: Farm) -> [JobReport] {
        farm.reports(before: nil, limit: 100)
    }

    @Test(arguments: UInt64(0)..<40)
    func `a machine made from the ledger reports the same at every point`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var driver = FarmDriver()
        for worker in 0..<4 { driver.join("worker \(worker)", credit: 2) }
        for _ in 0..<2 { driver.submit([.random(&generator), .random(&generator)]) }
        var step = 0
        while let (worker, lease) = driver.randomHeld(&generator), step < 500 {
            step += 1
            switch Int.random(in: 0..<20, using: &generator) {
            case 0:
                let failures: [FailureClass] = [.unit, .worker, .resource, .infrastructure]
                driver.fail(worker.name, lease, failures.randomElement(using: &generator)!)
            case 1:
                driver.drop(lease, of: worker)
                driver.send(.returned(worker, lease))
            case 2: driver.wait(.seconds(3))
            case 3:
                if let unit = driver.accepted.randomElement(using: &generator) {
                    driver.send(.artifactLost(unit))
                }
            case 4: for job in 1...2 { driver.send(.jobCommand(JobID(UInt64(job)), .retry)) }
            default: driver.finish(worker.name, lease)
            }
            guard step % 7 == 0 else { continue }
            let replayed = Farm(driver.configuration, replaying: driver.ledger)
            #expect(known(replayed) == known(driver.farm))
            #expect(replayed.audit().isEmpty)
        }
        #expect(driver.faults.isEmpty)
    }
}
