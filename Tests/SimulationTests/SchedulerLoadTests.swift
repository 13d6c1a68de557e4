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
}
