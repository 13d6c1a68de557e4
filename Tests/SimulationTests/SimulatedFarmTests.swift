import Simulation
import Testing

/// What a failing seed looks like, and how to see it again.
private func report(_ outcome: SimulationOutcome) -> Comment {
    """
    \(outcome.violations.joined(separator: "\n"))
    again: weft simulate --seed \(outcome.seed) --log
    """
}

/// Runs of the seeds, on all cores, in their order.
private func outcomes(
    _ seeds: Range<UInt64>,
    _ profile: SimulationProfile = SimulationProfile()
) async -> [SimulationOutcome] {
    await withTaskGroup(of: SimulationOutcome.self) { group in
        for seed in seeds {
            group.addTask { SimulatedFarm(seed: seed, profile: profile).run() }
        }
        var outcomes: [SimulationOutcome] = []
        for await outcome in group { outcomes.append(outcome) }
        return outcomes.sorted { $0.seed < $1.seed }
    }
}

struct SimulatedFarmTests {
    /// Debug builds check every step of the machine and are many times slower.
    #if DEBUG
    static let seedCount: UInt64 = 20
    #else
    static let seedCount: UInt64 = 2_000
    #endif

    static let freshSeed = UInt64.random(in: 1_000_000...UInt64.max)

    @Test func `without faults every job is done as one worker would have done it`() async {
        for outcome in await outcomes(0..<SimulatedFarmTests.seedCount / 2, .calm) {
            #expect(outcome.violations.isEmpty, report(outcome))
            #expect(outcome.statistics.done == outcome.statistics.submitted)
            #expect(outcome.statistics.ended == 0 || outcome.statistics.granted > 0)
        }
    }

    @Test func `whatever goes wrong, no promise is broken`() async {
        var sum = SimulationStatistics()
        for outcome in await outcomes(0..<SimulatedFarmTests.seedCount) {
            #expect(outcome.violations.isEmpty, report(outcome))
            sum += outcome.statistics
        }
        guard SimulatedFarmTests.seedCount > 100 else { return }
        // The seeds are worth something only if things went wrong and jobs got done all the same.
        let runs = Int(SimulatedFarmTests.seedCount)
        #expect(sum.done > runs && sum.held > 0 && sum.cancelled > 0 && sum.failed > 0)
        #expect(sum.coordinatorStarts > runs && sum.workerStarts > 2 * runs)
        #expect(sum.lostMessages > runs && sum.ended > runs)
    }

    @Test(arguments: [freshSeed])
    func `a seed that nobody has tried`(seed: UInt64) {
        let outcome = SimulatedFarm(seed: seed).run()
        #expect(outcome.violations.isEmpty, report(outcome))
    }

    @Test(arguments: UInt64(0)..<8)
    func `the same seed gives the same run, byte for byte`(seed: UInt64) {
        var profile = SimulationProfile()
        profile.keepsLog = true
        let first = SimulatedFarm(seed: seed, profile: profile).run()
        let second = SimulatedFarm(seed: seed, profile: profile).run()
        #expect(first == second)
        #expect(first.logHash == SimulatedFarm(seed: seed).run().logHash)
        #expect(first.logHash != SimulatedFarm(seed: seed + 1).run().logHash)
    }

    /// A simulation that notices nothing is worth nothing.
    @Test(arguments: Sabotage.allCases)
    func `what is broken on purpose is noticed`(sabotage: Sabotage) {
        var profile = SimulationProfile()
        profile.sabotage = sabotage
        profile.calmSeconds = 2_000
        let seed = (0..<60).first {
            !SimulatedFarm(seed: $0, profile: profile).run().violations.isEmpty
        }
        #expect(seed != nil, "\(sabotage) goes unnoticed")
    }
}
