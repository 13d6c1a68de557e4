import Scheduling
import Simulation
import Testing

struct SchedulerLoadTests {
    @Test func `all units are done once, and nobody waits without need`() {
        var load = SchedulerLoad(workers: 50, units: 2000, shotWindows: 100)
        let outcome = load.run()
        // One content unit, ten rounds of 167 windows, and a chunk more than windows in each shot.
        #expect(outcome.units == 1 + 10 * 167 + 2 * (167 + 2))
        #expect(outcome.decisions >= outcome.units)
        #expect(outcome.utilisation > 0.9)
        #expect(outcome.entries >= 2 * outcome.units)
    }

    @Test func `two runs are the same`() {
        var first = SchedulerLoad(workers: 7, units: 300)
        var second = SchedulerLoad(workers: 7, units: 300)
        #expect(first.run() == second.run())
    }

    /// R14: with spare capacity a worker that is five times as slow does not hold up a job.
    ///
    /// Windows run on their own, at least two for each worker.
    @Test(arguments: [4, 8, 16, 64], [2, 3, 5, 10])
    func `a slow worker does not stretch a job`(workers: Int, windowsPerWorker: Int) {
        func stretch(_ configuration: FarmConfiguration) -> Double {
            let windows = workers * windowsPerWorker
            var load = SchedulerLoad(
                workers: workers,
                units: 3 * windows,
                rounds: 1,
                shotWindows: windows,
                stepTime: .seconds(60),
                chunkShare: 0.01,
                slowWorkers: 1,
                configuration: configuration
            )
            return load.run().stretch
        }
        #expect(stretch(FarmConfiguration()) < 1.35)
        // Without second copies it would.
        var alone = FarmConfiguration()
        alone.speculationFactor = 0
        if windowsPerWorker == 2 { #expect(stretch(alone) > 1.35) }
    }
}
