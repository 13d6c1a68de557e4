import ArgumentParser
import Simulation

/// Repeats a run of the farm's simulation; for those who work on weft.
struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Run the farm's machines in a simulated world with faults.",
        shouldDisplay: false
    )

    @Option(help: "The run; the same seed gives the same run, byte for byte.")
    var seed: UInt64

    @Option(help: "Runs, with the seeds that follow.")
    var count: UInt64 = 1

    @Flag(help: "Print what happens.")
    var log = false

    @Flag(help: "Nothing goes wrong.")
    var calm = false

    func run() throws {
        guard count >= 1, seed <= UInt64.max - count else {
            throw Failure(.usage, "count \(count): expected 1 or more seeds within 64 bits")
        }
        var profile = calm ? SimulationProfile.calm : SimulationProfile()
        profile.keepsLog = log
        var broken: [UInt64] = []
        for seed in seed..<seed + count {
            let outcome = SimulatedFarm(seed: seed, profile: profile).run()
            for line in outcome.log { print(line) }
            print("seed \(seed) log \(hex(outcome.logHash)) \(summary(outcome.statistics))")
            for violation in outcome.violations { print("seed \(seed) violation \(violation)") }
            if !outcome.violations.isEmpty { broken.append(seed) }
        }
        guard let first = broken.first else { return }
        let others = broken.count == 1 ? "" : " and \(broken.count - 1) more"
        throw Failure(.internalError, "seed \(first)\(others): a promise of the farm is broken")
    }

    private func hex(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    private func summary(_ numbers: SimulationStatistics) -> String {
        "events \(numbers.events) seconds \(numbers.virtualSeconds) faults \(numbers.faults) "
            + "starts \(numbers.coordinatorStarts)+\(numbers.workerStarts) "
            + "messages \(numbers.messages) lost \(numbers.lostMessages) "
            + "jobs \(numbers.submitted) done \(numbers.done) failed \(numbers.failed) "
            + "cancelled \(numbers.cancelled) held \(numbers.held) "
            + "granted \(numbers.granted) accepted \(numbers.accepted) ended \(numbers.ended)"
    }
}
